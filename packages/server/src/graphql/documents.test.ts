import { describe, expect, test } from 'vitest';
import { createDocuments } from './documents.js';
import { parseManifest, sha256 } from './manifest.js';
import type { Params } from './params.js';

const hello = 'query Hello { hello }';
const code = (name: string) => expect.objectContaining({ code: name });
const ask = (params: Partial<Params>): Params => ({
  query: '',
  operationName: null,
  variables: null,
  isNamed: true,
  isVerbatim: false,
  written: undefined,
  ...params,
});
const create = (listed: object = {}, documents: 'any' | 'trusted' = 'any') =>
  createDocuments({ documents, manifest: parseManifest(JSON.stringify(listed)) });

describe('an id', () => {
  test('stands for the document of the list', () => {
    expect(create({ x: hello }).resolve(ask({ documentId: 'x', variables: { a: 1 } }))).toMatchObject({
      query: hello,
      variables: { a: 1 },
    });
  });

  test('may be the hash of a document, listed or learned', () => {
    const documentId = `sha256:${sha256(hello)}`;
    expect(create({ x: hello }).resolve(ask({ documentId })).query).toBe(hello);
    expect(create({ [sha256(hello)]: hello }).resolve(ask({ documentId })).query).toBe(hello);
    const learned = create();
    learned.remember(ask({ query: hello, hash: sha256(hello) }));
    expect(learned.resolve(ask({ documentId })).query).toBe(hello);
  });

  test('that stands for nothing is refused', () => {
    expect(() => create({ x: hello }).resolve(ask({ documentId: 'y' }))).toThrow(code('DOCUMENT_NOT_FOUND'));
    expect(() => create().resolve(ask({ documentId: '__proto__' }))).toThrow(code('DOCUMENT_NOT_FOUND'));
    const notListed = createDocuments({ documents: 'any', manifest: undefined });
    expect(() => notListed.resolve(ask({ documentId: 'x' }))).toThrow(code('DOCUMENT_NOT_FOUND'));
  });

  test('beside a hash does not teach us that hash', () => {
    const documents = create({ x: hello });
    const wrong = sha256('{ other }');
    documents.remember(documents.resolve(ask({ documentId: 'x', hash: wrong })));
    expect(() => documents.resolve(ask({ hash: wrong }))).toThrow(code('PERSISTED_QUERY_NOT_FOUND'));
  });
});

describe('a hash', () => {
  test('stands for a document that came with it before', () => {
    const documents = create();
    expect(() => documents.resolve(ask({ hash: sha256(hello) }))).toThrow(
      expect.objectContaining({ code: 'PERSISTED_QUERY_NOT_FOUND', message: 'PersistedQueryNotFound' }),
    );
    documents.remember(documents.resolve(ask({ hash: sha256(hello), query: hello })));
    expect(documents.resolve(ask({ hash: sha256(hello) })).query).toBe(hello);
  });

  test('of another document is refused, also where that is known', () => {
    const documents = create();
    const hash = sha256(hello);
    const wrong = () => documents.resolve(ask({ hash, query: '{ other }' }));
    expect(wrong).toThrow(code('BAD_REQUEST'));
    documents.remember(ask({ hash, query: hello }));
    expect(wrong).toThrow(code('BAD_REQUEST'));
    expect(documents.resolve(ask({ hash })).query).toBe(hello);
  });

  test.each(['', 'x', sha256(hello).toUpperCase(), `${sha256(hello)} `, 'a'.repeat(500_000)])(
    'is one letter for letter (%#)',
    (hash) => {
      const documents = create();
      expect(() => documents.resolve(ask({ hash, query: hello }))).toThrow(code('BAD_REQUEST'));
    },
  );

  test('may be an id of the list, as Apollo Client sends it', () => {
    expect(create({ x: hello }).resolve(ask({ hash: 'x' })).query).toBe(hello);
    expect(create({ x: hello }).resolve(ask({ hash: 'x', query: hello })).query).toBe(hello);
    expect(() => create({ x: hello }).resolve(ask({ hash: 'x', query: '{ other }' }))).toThrow(code('BAD_REQUEST'));
  });

  test('teaches us nothing where only listed documents are trusted', () => {
    const documents = create({}, 'trusted');
    documents.remember(ask({ hash: sha256(hello), query: hello }));
    expect(() => documents.resolve(ask({ hash: sha256(hello) }))).toThrow(code('PERSISTED_QUERY_NOT_FOUND'));
  });

  test('of a flood of documents keeps no more than 16 MiB of them', () => {
    const documents = create();
    const texts = Array.from({ length: 2_000 }, (_, i) => `{ a${i} } # ${'x'.repeat(20_000)}`);
    for (const query of texts) documents.remember(ask({ hash: sha256(query), query }));
    const kept = texts.filter((query) => {
      try {
        return documents.resolve(ask({ hash: sha256(query) })).query === query;
      } catch {
        return false;
      }
    });
    const bytes = kept.reduce((total, text) => total + 2 * text.length, 0);
    expect(bytes).toBeGreaterThan(4 * 1024 * 1024);
    expect(bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  test('of one huge document keeps nothing', () => {
    const documents = create();
    const query = `{ a } # ${'x'.repeat(1_000_000)}`;
    documents.remember(ask({ hash: sha256(query), query }));
    expect(() => documents.resolve(ask({ hash: sha256(query) }))).toThrow(code('PERSISTED_QUERY_NOT_FOUND'));
  });
});

test('where only listed documents are trusted, they are those of the list, letter for letter', () => {
  const { mayReachUpstream, areTrustedOnly } = create({ x: hello }, 'trusted');
  expect(areTrustedOnly).toBe(true);
  expect([hello, `${hello} `, hello.replace(' ', '\n'), `${hello}\0`].map(mayReachUpstream)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(create({ x: hello }).mayReachUpstream('{ anything }')).toBe(true);
});
