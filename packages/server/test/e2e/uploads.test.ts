import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { openSocket, parseRaw, readAll, readUntil } from '../raw.js';
import { sendJson, startScripted } from '../scripted-upstream.js';
import type { ReceivedRequest } from '../upstreams/index.js';
import { sha256, startUploads, type UploadsUpstream } from '../upstreams/uploads.js';

const keep = 'mutation ($file: File!) { keep(file: $file) { name type size sha256 } }';
const keepOne = { operations: { query: keep, variables: { file: null } }, map: { '0': ['variables.file'] } };

type FilePart = [name: string, content: string | Uint8Array<ArrayBuffer>, fileName?: string, type?: string];

/** A form as browsers and curl send it. */
function formOf(operations: unknown, map: unknown, files: FilePart[]): FormData {
  const form = new FormData();
  form.append('operations', typeof operations === 'string' ? operations : JSON.stringify(operations));
  form.append('map', typeof map === 'string' ? map : JSON.stringify(map));
  for (const [name, content, fileName = 'a.txt', type = 'text/plain'] of files) {
    form.append(name, new Blob([content], { type }), fileName);
  }
  return form;
}

async function send({ server, token }: Gate<unknown>, body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const codeOf = ({ status, body }: { status: number; body: { errors: { extensions: { code: string } }[] } }) => [
  status,
  body.errors[0]?.extensions.code,
];

describe('an upload', () => {
  let gate: Gate<UploadsUpstream>;
  beforeAll(async () => {
    gate = await startGate(startUploads, { uploadLimit: 4_000_000, uploadFiles: 3, bodyLimit: 10_000 });
  });
  afterAll(() => gate.stop());
  const newest = () => gate.upstream.requests.at(-1) as ReceivedRequest;

  test('of one file arrives with its bytes, its name and its type', async () => {
    const content = Uint8Array.from(randomBytes(3_000_000));
    const form = formOf(keepOne.operations, keepOne.map, [['0', content, 'bild "ä".png', 'image/png']]);
    const { body } = await send(gate, form);
    expect(body).toEqual({
      data: {
        keep: {
          name: 'bild %22ä%22.png',
          type: 'image/png',
          size: 3_000_000,
          sha256: sha256(Buffer.from(content)),
        },
      },
    });
    expect(newest().headers.authorization).toBe(`Bearer ${gate.token}`);
  });

  test('of several files arrives with each in its place, in whatever order they come', async () => {
    const query = 'mutation ($files: [File!]!) { keepAll(files: $files) { name size } }';
    const form = formOf(
      { query, variables: { files: [null, null, null] } },
      { a: ['variables.files.0'], b: ['variables.files.1'], c: ['variables.files.2'] },
      [
        ['c', 'third', '3.txt'],
        ['a', '', '1.txt'],
        ['b', 'second', '2.txt'],
      ],
    );
    expect((await send(gate, form)).body.data.keepAll).toEqual([
      { name: '1.txt', size: 0 },
      { name: '2.txt', size: 6 },
      { name: '3.txt', size: 5 },
    ]);
  });

  test('of a file deep in an input object arrives with the other variables', async () => {
    const query = 'mutation ($parcel: Parcel!) { keepParcel(parcel: $parcel) { size note } }';
    const operations = { query, variables: { parcel: { file: null, note: 'fragile' } } };
    const form = formOf(operations, { x: ['variables.parcel.file'] }, [['x', 'abc']]);
    expect((await send(gate, form)).body).toEqual({ data: { keepParcel: { size: 3, note: 'fragile' } } });
  });

  test('keeps the connection for the next request', async () => {
    const { headers } = await send(gate, formOf(keepOne.operations, keepOne.map, [['0', 'abc']]));
    expect(headers.get('connection')).toBe('keep-alive');
  });

  test('needs a token, and is refused before its files are read', async () => {
    const before = gate.upstream.requests.length;
    const form = () => formOf(keepOne.operations, keepOne.map, [['0', 'abc']]);
    expect(codeOf(await send(gate, form(), { authorization: 'Bearer x' }))).toEqual([401, 'UNAUTHENTICATED']);
    const response = await fetch(gate.server.url, {
      method: 'POST',
      headers: { 'graphql-require-preflight': '1' },
      body: form(),
    });
    expect(response.status).toBe(401);
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('to be answered with events is refused, as its files would be lost', async () => {
    const before = gate.upstream.requests.length;
    const form = formOf(keepOne.operations, keepOne.map, [['0', 'abc']]);
    const refused = await send(gate, form, { accept: 'text/event-stream' });
    expect(codeOf(refused)).toEqual([400, 'BAD_REQUEST']);
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('that a form of a foreign page could have sent is refused', async () => {
    const body = formOf(keepOne.operations, keepOne.map, [['0', 'abc']]);
    const response = await fetch(gate.server.url, { method: 'POST', body });
    const answer = await response.json();
    expect(codeOf({ status: response.status, body: answer })).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(answer.errors[0].message).toContain('GraphQL-Require-Preflight');
  });

  const one: FilePart[] = [['0', 'abc']];
  const query = keep;
  test.each<[string, () => FormData]>([
    ['operations that are no JSON', () => formOf('{', keepOne.map, one)],
    ['operations with a member twice', () => formOf('{"query":"{hello}","query":"{hello}"}', keepOne.map, one)],
    ['a list of operations', () => formOf([keepOne.operations], { '0': ['0.variables.file'] }, one)],
    ['a map that is no JSON', () => formOf(keepOne.operations, '{', one)],
    ['a map that is a list', () => formOf(keepOne.operations, [], one)],
    ['a map of nothing', () => formOf(keepOne.operations, {}, one)],
    ['a map without paths', () => formOf(keepOne.operations, { '0': [] }, one)],
    ['a map of something else', () => formOf(keepOne.operations, { '0': 'variables.file' }, one)],
    ['a path that leads nowhere', () => formOf(keepOne.operations, { '0': ['variables.other'] }, one)],
    ['a path to the query', () => formOf(keepOne.operations, { '0': ['query'] }, one)],
    ['a path to a prototype', () => formOf(keepOne.operations, { '0': ['variables.__proto__.x'] }, one)],
    ['a path to what is no null', () => formOf({ query, variables: { file: 'x' } }, keepOne.map, one)],
    ['a path twice', () => formOf(keepOne.operations, { '0': ['variables.file'], '1': ['variables.file'] }, one)],
    ['a field of ours', () => formOf({ query: '{ viewer { id } }', variables: { file: null } }, keepOne.map, one)],
    ['fields of both', () => formOf({ query: '{ hello viewer { id } }', variables: { file: null } }, keepOne.map, one)],
    [
      'too many files',
      () => {
        const variables = { f: [null, null, null, null] };
        const map = { a: ['variables.f.0'], b: ['variables.f.1'], c: ['variables.f.2'], d: ['variables.f.3'] };
        return formOf({ query, variables }, map, one);
      },
    ],
    ['nothing of it', () => new FormData()],
    [
      'a file before the operations',
      () => {
        const form = new FormData();
        form.append('0', new Blob(['abc']), 'a.txt');
        for (const [name, value] of formOf(keepOne.operations, keepOne.map, [])) form.append(name, value);
        return form;
      },
    ],
    [
      'the map before the operations',
      () => {
        const form = new FormData();
        form.append('map', JSON.stringify(keepOne.map));
        form.append('operations', JSON.stringify(keepOne.operations));
        return form;
      },
    ],
  ])('is refused, and nothing is asked, with %s', async (_, form) => {
    const before = gate.upstream.requests.length;
    const [status, code] = codeOf(await send(gate, form()));
    expect(status).toBe(400);
    expect(code).toMatch(/^(BAD_REQUEST|BATCHING_NOT_SUPPORTED)$/);
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test.each<[string, FilePart[]]>([
    ['a file that the map does not name', [['9', 'abc']]],
    ['a file twice', [...one, ...one]],
    ['no file', []],
    ['more files than are accepted', [...one, ['1', ''], ['2', ''], ['3', '']]],
  ])('is refused with %s', async (_, files) => {
    // In one piece: fetch takes it for a failure if it is answered before it has written the last of several.
    const whole = new Response(formOf(keepOne.operations, keepOne.map, files));
    const headers = { 'content-type': whole.headers.get('content-type') ?? '' };
    expect(codeOf(await send(gate, await whole.arrayBuffer(), headers))).toEqual([400, 'BAD_REQUEST']);
  });

  test.each<[string, () => FormData]>([
    ['operations', () => formOf({ ...keepOne.operations, extensions: { x: 'x'.repeat(20_000) } }, keepOne.map, one)],
    ['a map', () => formOf(keepOne.operations, { '0': ['variables.file'], x: ['x'.repeat(20_000)] }, one)],
    ['files', () => formOf(keepOne.operations, keepOne.map, [['0', 'x'.repeat(4_000_000)]])],
  ])('is a 413 with %s beyond the limit', async (_, form) => {
    expect(codeOf(await send(gate, form()))).toEqual([413, 'BODY_TOO_LARGE']);
  });

  const head = (...lines: string[]) =>
    [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Content-Type: multipart/form-data; boundary=b',
      `Authorization: Bearer ${gate.token}`,
      ...lines,
      '\r\n',
    ].join('\r\n');
  const part = (disposition: string, content: string) =>
    `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  const fields = () =>
    part('name="operations"', JSON.stringify(keepOne.operations)) + part('name="map"', JSON.stringify(keepOne.map));
  const sendText = async (body: string) => {
    const socket = await openSocket(gate.server.origin);
    socket.write(head('Connection: close', `Content-Length: ${Buffer.byteLength(body)}`) + body);
    return parseRaw(await readAll(socket));
  };

  test('cannot smuggle a second operation in', async () => {
    const evil = JSON.stringify({ query: '{ smuggled }' });
    const bodies = [
      fields() + part('name="operations"', evil),
      fields() + part('name="0"; filename="a"', 'abc') + part('name="operations"', evil),
      fields() + part('name="0"; filename="a"', 'abc') + part('name="operations"; filename="operations"', evil),
      part('name="operations"; filename="x"', evil) + fields(),
    ];
    for (const body of bodies) {
      const { status } = await sendText(`${body}--b--\r\n`);
      expect(status).toBe(400);
    }
    expect(JSON.stringify(gate.upstream.requests)).not.toContain('smuggled');
  });

  test.each([
    ['name="0"; filename="a.txt\\"; name=\\"operations"', 'an escaped quote in its name'],
    ['name="0"; filename="../../etc/passwd"', 'a path in its name'],
    ['name="0"; filename=""', 'an empty name'],
    [`name="0"; filename="${'x'.repeat(5_000)}"`, 'a long name'],
  ])('is written anew, with %s as %s', async (disposition) => {
    const { status, body } = await sendText(`${fields()}${part(disposition, '--b\r\nno boundary: --c--')}--b--\r\n`);
    expect([200, 400]).toContain(status);
    const seen = newest().body;
    for (const line of seen.split('\r\n').filter((line) => /^content-disposition/i.test(line))) {
      expect(line).toMatch(
        /^content-disposition: form-data; name="(operations|map|\d)"(; filename="[^"\\/]{1,255}")?$/,
      );
    }
    if (status === 200) expect(body.data.keep.size).toBeGreaterThan(0);
  });

  test.each([
    ['ends before its last boundary', () => `${fields()}${part('name="0"; filename="a"', 'abc')}`],
    ['ends in a file', () => `${fields()}--b\r\nContent-Disposition: form-data; name="0"; filename="a"\r\n\r\nab`],
    ['has no parts', () => 'nothing'],
    ['has another boundary', () => '--c\r\n\r\n--c--'],
    ['has a part without a name', () => `--b\r\n\r\nx\r\n${fields()}--b--`],
  ])('that %s is a 400', async (_, body) => {
    const { status } = await sendText(body());
    expect(status).toBe(400);
  });

  test('whose header names no boundary is a 400', async () => {
    const headers = { 'content-type': 'multipart/form-data' };
    expect(codeOf(await send(gate, 'x', headers))).toEqual([400, 'BAD_REQUEST']);
  });

  test('leaves the server as it was', async () => {
    expect((await gate.server.ask('{ hello }', { token: gate.token })).body).toEqual({ data: { hello: 'world' } });
    expect(gate.server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('an upload under way', () => {
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const begin = (token: string) =>
    [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Content-Type: multipart/form-data; boundary=b',
      `Authorization: Bearer ${token}`,
      'Transfer-Encoding: chunked',
      '\r\n',
    ].join('\r\n') +
    chunk(
      `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify(keepOne.operations)}\r\n` +
        `--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n${JSON.stringify(keepOne.map)}\r\n` +
        '--b\r\nContent-Disposition: form-data; name="0"; filename="a"\r\n\r\n',
    );
  const megabyte = chunk('x'.repeat(1_000_000));
  const end = `${chunk('\r\n--b--\r\n')}0\r\n\r\n`;

  type OnUpload = (request: IncomingMessage, response: ServerResponse) => void;

  /** A caller in the middle of a file, before an upstream that does with it what the test says. */
  async function startUpload(onUpload: OnUpload, config: Partial<Config> = {}) {
    const sdl = 'scalar File type Query { hello: String } type Mutation { keep(file: File!): String }';
    const gate = await startGate(() => startScripted(() => undefined, { sdl, onUpload }), config);
    onTestFinished(() => gate.stop());
    const socket = await openSocket(gate.server.origin);
    socket.write(begin(gate.token));
    return { gate, socket };
  }

  /** An upstream that reads, and notes what it has read and how that ended. */
  function createReader() {
    const seen = { size: 0, isCut: false };
    const onUpload: OnUpload = (request, response) => {
      request.on('error', () => undefined);
      request.on('data', (bytes: Buffer) => {
        seen.size += bytes.length;
      });
      request.on('close', () => {
        seen.isCut = !request.complete;
      });
      request.on('end', () => sendJson(response, { data: { keep: 'kept' } }));
    };
    return { seen, onUpload };
  }

  test('arrives while it is sent', async () => {
    const { seen, onUpload } = createReader();
    const { socket } = await startUpload(onUpload);
    for (const size of [1_000_000, 2_000_000, 3_000_000]) {
      socket.write(megabyte);
      await vi.waitUntil(() => seen.size >= size);
    }
    const answer = readUntil(socket, '"kept"');
    socket.write(end);
    expect(await answer).toContain('{"data":{"keep":"kept"}}');
    socket.destroy();
  });

  test('is taken from the caller no faster than the upstream takes it', async () => {
    let request: IncomingMessage | undefined;
    const { socket } = await startUpload((received) => {
      request = received;
      received.on('error', () => undefined);
    });
    await vi.waitUntil(() => request);
    // A hundred megabytes; the buffers of the system take a few.
    for (let i = 0; i < 100; i++) socket.write(megabyte);
    let before = -1;
    while (before !== socket.bytesWritten - socket.writableLength) {
      before = socket.bytesWritten - socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(socket.writableLength).toBeGreaterThan(60_000_000);
    request?.socket.destroy();
    socket.destroy();
  });

  test('ends at the upstream when the caller goes away', async () => {
    const { seen, onUpload } = createReader();
    const { gate, socket } = await startUpload(onUpload);
    socket.write(megabyte);
    await vi.waitUntil(() => seen.size >= 1_000_000);
    socket.destroy();
    await vi.waitUntil(() => seen.isCut);
    expect(gate.upstream.requests.filter(({ headers }) => headers['content-type']?.startsWith('multi'))).toHaveLength(
      1,
    );
  });

  test('beyond the limit is a 413, and ends at the upstream', async () => {
    const { seen, onUpload } = createReader();
    const { socket } = await startUpload(onUpload, { uploadLimit: 1_500_000 });
    socket.write(megabyte);
    await vi.waitUntil(() => seen.size >= 1_000_000);
    socket.write(megabyte);
    const { status, headers, body } = parseRaw(await readAll(socket));
    expect([status, body.errors[0].extensions.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(headers).toContain('connection: close');
    await vi.waitUntil(() => seen.isCut);
  });

  test('is never sent twice', async () => {
    const { gate, socket } = await startUpload((request) => request.socket.destroy());
    const { status, body } = parseRaw(await readAll(socket));
    expect([status, body.errors[0].extensions.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    expect(gate.upstream.requests.filter(({ headers }) => headers['content-type']?.startsWith('multi'))).toHaveLength(
      1,
    );
  });

  test('may be answered before it has come to its end', async () => {
    const { socket } = await startUpload((_request, response) => sendJson(response, { errors: [{ message: 'No.' }] }));
    const { status, headers, text } = parseRaw(await readAll(socket));
    expect(status).toBe(200);
    expect(text).toContain('{"errors":[{"message":"No."}]}');
    expect(headers).toContain('connection: close');
  });

  test('may take longer than requestTimeout, and its next piece may not', async () => {
    const { seen, onUpload } = createReader();
    const { socket } = await startUpload(onUpload, { requestTimeout: 600 });
    const closed = readAll(socket);
    const start = performance.now();
    while (performance.now() - start < 2_000) {
      socket.write(chunk('x'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(socket.closed).toBe(false);
    }
    await closed;
    await vi.waitUntil(() => seen.isCut);
  });

  test('gives no more time to what follows on its connection', async () => {
    const { onUpload } = createReader();
    const { gate, socket } = await startUpload(onUpload, { requestTimeout: 600 });
    // Longer than requestTimeout, of which Node speaks once.
    for (let i = 0; i < 20; i++) {
      socket.write(chunk('x'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const answer = readUntil(socket, '"kept"');
    socket.write(end);
    expect(await answer).toContain('{"data":{"keep":"kept"}}');
    const refused = readAll(socket);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gate.token}\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{"query"`,
    );
    expect(parseRaw(await refused).status).toBe(408);
  });

  test('that the upstream does not take is a 504', async () => {
    const { socket } = await startUpload((request) => void request.on('error', () => undefined), {
      upstreamTimeout: 300,
    });
    for (let i = 0; i < 20; i++) socket.write(megabyte);
    socket.write(end);
    expect(await readUntil(socket, 'UPSTREAM_TIMEOUT')).toMatch(/^HTTP\/1\.1 504 .*UPSTREAM_TIMEOUT/s);
  });
});
