import { LatchkeyError } from '../domain/errors.js';
import { createBoundedMap } from '../lib/bounded-map.js';
import { type Manifest, sha256 } from './manifest.js';
import type { Params } from './params.js';

/** The documents that requests name instead of sending them. */
export interface Documents {
  /** Whether only listed documents reach the upstream. */
  readonly areTrustedOnly: boolean;
  /** Whether a document may be sent to the upstream. */
  mayReachUpstream(text: string): boolean;
  /**
   * A request with the document that it names. Throws DOCUMENT_NOT_FOUND, PERSISTED_QUERY_NOT_FOUND, or BAD_REQUEST where
   * the document is not the one that the hash is of.
   */
  resolve(params: Params): Params;
  /** Keeps the document of a request with a hash, for requests with the hash alone. */
  remember(params: Params): void;
}

export interface DocumentsSettings {
  readonly documents: 'any' | 'trusted';
  readonly manifest: Manifest | undefined;
}

/** KiB of documents that callers have taught us, at most twice this. Who sends a hash sends the document too when asked. */
const maxRemembered = 8 * 1024;

/** Bytes that an entry weighs besides its text. */
const overhead = 256;

/** What the prefix of an id says that is a SHA-256 (GraphQL over HTTP, Appendix A). */
const sha256Prefix = 'sha256:';

export function createDocuments({ documents, manifest }: DocumentsSettings): Documents {
  const areTrustedOnly = documents === 'trusted';
  const remembered = createBoundedMap<string>(maxRemembered);

  function find(id: string): string | undefined {
    return manifest?.find(id) ?? remembered.get(id);
  }

  function findById(id: string): string {
    const text = find(id) ?? (id.startsWith(sha256Prefix) ? find(id.slice(sha256Prefix.length)) : undefined);
    if (text === undefined) throw new LatchkeyError('DOCUMENT_NOT_FOUND');
    return text;
  }

  function findByHash(hash: string, query: string): string {
    const known = find(hash);
    if (query === '') {
      if (known === undefined) throw new LatchkeyError('PERSISTED_QUERY_NOT_FOUND');
      return known;
    }
    if (query === known || sha256(query) === hash) return query;
    throw new LatchkeyError('BAD_REQUEST', {
      message: 'The document in "query" is not the one that "sha256Hash" is of.',
    });
  }

  return {
    areTrustedOnly,
    mayReachUpstream: (text) => !areTrustedOnly || (manifest?.has(text) ?? false),
    resolve(params) {
      const { documentId, hash, query } = params;
      // A hash beside an id has not been compared with the document.
      if (documentId !== undefined) return { ...params, query: findById(documentId), hash: undefined };
      return hash === undefined ? params : { ...params, query: findByHash(hash, query) };
    },
    remember({ hash, query }) {
      if (hash === undefined || areTrustedOnly || find(hash) !== undefined) return;
      remembered.set(hash, query, Math.ceil((2 * query.length + overhead) / 1024));
    },
  };
}
