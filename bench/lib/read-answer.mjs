/**
 * Reads one HTTP/1.1 answer from the text received so far.
 * @param {string} text latin1
 * @returns {{ status: number, body: string } | undefined} undefined while it is incomplete
 */
export function readAnswer(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const stop = end + 4 + Number(length[1]);
    return text.length < stop ? undefined : { status, body: text.slice(end + 4, stop) };
  }
  // Chunked. What is measured here is JSON, which has no bare CR LF inside, so this end cannot be data.
  return text.endsWith('\r\n0\r\n\r\n') ? { status, body: joinChunks(text, end + 4) } : undefined;
}

function joinChunks(text, from) {
  let body = '';
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}
