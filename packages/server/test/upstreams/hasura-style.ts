import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createGraphQLError, createSchema, createYoga } from 'graphql-yoga';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { listen, type Upstream } from './upstream.js';

/** The HASURA_GRAPHQL_… settings that decide about who somebody is. */
export interface HasuraSettings {
  readonly adminSecret: string;
  readonly unauthorizedRole?: string;
  jwtSecret?: { readonly jwkUrl: string; readonly issuer: string; readonly audience: string };
}

/** Role and session variables, as Hasura's rules see them. */
interface Session {
  readonly role: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Order {
  readonly id: number;
  readonly userId: string;
  readonly item: string;
}

const namespace = 'https://hasura.io/jwt/claims';

const typeDefs = `
  type Order { id: Int! userId: String! item: String! }
  type Query { orders: [Order!]! role: String! }
  type Mutation { insertOrder(item: String!): Order! }
`;

/**
 * An API that decides about rows as Hasura v2 does: the admin secret makes whoever sends it what the header fields say, a
 * JWT what its claims say, and who has neither may be what they like in an unauthorized role. Rules of `orders`: a user
 * has their own, a manager and the admin have all, anybody else those of the user that they say they are.
 */
export async function startHasuraStyle(settings: HasuraSettings): Promise<Upstream> {
  const orders: Order[] = [];
  const mayReadAll = ({ role }: Session) => role === 'admin' || role === 'manager';
  const isOwn = ({ variables }: Session, { userId }: Order) => userId === variables['x-hasura-user-id'];
  const schema = createSchema<{ req: IncomingMessage; session: Session }>({
    typeDefs,
    resolvers: {
      Query: {
        orders: (_, __, { session }) => orders.filter((order) => mayReadAll(session) || isOwn(session, order)),
        role: (_, __, { session }) => session.role,
      },
      Mutation: {
        // A column preset: the caller has no say in whose the row is.
        insertOrder(_, { item }, { session }) {
          const order = { id: orders.length + 1, userId: String(session.variables['x-hasura-user-id']), item };
          orders.push(order);
          return order;
        },
      },
    },
  });
  const createSession = createSessions(settings);
  const yoga = createYoga<{ req: IncomingMessage }, { session: Session }>({
    schema,
    logging: false,
    context: async ({ req }) => ({ session: await createSession(req.headers) }),
  });
  return { name: 'like Hasura', ...(await listen(createServer(yoga))) };
}

function createSessions(settings: HasuraSettings) {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  async function fromToken(token: string, wanted: string | undefined): Promise<Session> {
    if (!settings.jwtSecret) throw denied('no JWT is taken');
    const { jwkUrl, issuer, audience } = settings.jwtSecret;
    keys ??= createRemoteJWKSet(new URL(jwkUrl), { cooldownDuration: 0 });
    const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'JWT' }).catch((error: Error) => {
      throw denied(error.message);
    });
    const variables = payload[namespace] as Record<string, unknown>;
    const allowed = variables['x-hasura-allowed-roles'] as readonly string[];
    const role = wanted ?? String(variables['x-hasura-default-role']);
    if (!allowed.includes(role)) throw denied('your requested role is not in allowed roles');
    return { role, variables };
  }

  return async (headers: IncomingHttpHeaders): Promise<Session> => {
    const wanted = headers['x-hasura-role']?.toString();
    const variables = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-hasura-')));
    const secret = headers['x-hasura-admin-secret'];
    if (secret !== undefined) {
      if (secret !== settings.adminSecret) throw denied('invalid x-hasura-admin-secret');
      return { role: wanted ?? 'admin', variables };
    }
    const token = headers.authorization?.replace(/^Bearer /, '');
    if (token !== undefined) return fromToken(token, wanted);
    if (settings.unauthorizedRole === undefined) throw denied('x-hasura-admin-secret required, but not found');
    return { role: settings.unauthorizedRole, variables };
  };
}

function denied(reason: string) {
  return createGraphQLError(reason, { extensions: { code: 'access-denied' } });
}
