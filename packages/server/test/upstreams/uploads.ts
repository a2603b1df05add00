import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { listen, type Upstream } from './upstream.js';

const typeDefs = `
  scalar File
  type Received { name: String! type: String! size: Int! sha256: String! note: String }
  input Parcel { file: File! note: String }
  type Query { hello: String }
  type Mutation {
    keep(file: File!): Received!
    keepAll(files: [File!]!): [Received!]!
    keepParcel(parcel: Parcel!): Received!
  }
`;

async function describeFile(file: File, note?: string) {
  const bytes = Buffer.from(await file.arrayBuffer());
  return { name: file.name, type: file.type, size: bytes.length, sha256: sha256(bytes), note };
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const Mutation = {
  keep: (_: unknown, { file }: { file: File }) => describeFile(file),
  keepAll: (_: unknown, { files }: { files: File[] }) => Promise.all(files.map((file) => describeFile(file))),
  keepParcel: (_: unknown, { parcel }: { parcel: { file: File; note?: string } }) =>
    describeFile(parcel.file, parcel.note),
};

export type UploadsUpstream = Omit<Upstream, 'name'>;

/** GraphQL Yoga, which takes files (GraphQL multipart request) and tells what it got. */
export async function startUploads(): Promise<UploadsUpstream> {
  const resolvers = { Query: { hello: () => 'world' }, Mutation };
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), maskedErrors: false, logging: false });
  return listen(createServer(yoga));
}
