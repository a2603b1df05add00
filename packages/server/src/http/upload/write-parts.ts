import type { FileMap } from './map.js';
import { badRequest, type Part, type Parts } from './read-parts.js';

/**
 * The body of an upload as the upstream gets it, piece by piece: written anew, with a boundary, names and an order of
 * ours, so that nothing in it is read there as anything else than it was read as here. Throws BAD_REQUEST for files
 * that the map does not have, or has and that do not come.
 */
export async function* writeParts(
  boundary: string,
  operations: string,
  map: FileMap,
  parts: Parts,
): AsyncGenerator<string | Buffer> {
  const names = [...map.keys()];
  const ownMap = Object.fromEntries(names.map((name, i) => [i, map.get(name)]));
  const missing = new Set(names);
  yield field(boundary, 'operations', operations) + field(boundary, 'map', JSON.stringify(ownMap));
  for (let part = await parts.next(); part; part = await parts.next()) {
    if (part.kind !== 'file') throw badRequest('The upload has a part after "map" that is no file.');
    const name = part.name ?? '';
    if (!missing.delete(name)) throw badRequest('The upload has a file that "map" does not name, or has it twice.');
    yield fileHead(boundary, names.indexOf(name), part);
    yield* part.stream;
    yield '\r\n';
  }
  if (missing.size > 0) throw badRequest('"map" names a file that is not in the upload.');
  yield `--${boundary}--\r\n`;
}

function field(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function fileHead(boundary: string, name: number, { fileName, mediaType }: Extract<Part, { kind: 'file' }>): string {
  const disposition = `content-disposition: form-data; name="${name}"; filename="${safeFileName(fileName)}"`;
  return `--${boundary}\r\n${disposition}\r\ncontent-type: ${safeType(mediaType)}\r\n\r\n`;
}

/** As browsers escape it (HTML, "multipart/form-data encoding algorithm"), without what no file name needs. */
function safeFileName(name = ''): string {
  const safe = name
    .replace(/\p{Cc}/gu, '')
    .replaceAll('"', '%22')
    .replaceAll('\\', '%5C');
  return safe.slice(0, 255) || 'file';
}

function safeType(type: string): string {
  return /^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}$/.test(type) ? type : 'application/octet-stream';
}
