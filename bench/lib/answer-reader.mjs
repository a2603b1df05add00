/** How much of a body is kept: enough to check a small answer, and the beginning of a large one. */
const kept = 64 * 1024;

/**
 * Reads HTTP/1.1 answers from a socket, one after the other, in time that grows with their bytes alone: an answer of 8 MB
 * is counted, not put together.
 * @param {(answer: { status: number, body: string, bytes: number }) => void} onAnswer `body` is at most its first 64 KiB
 */
export function createAnswerReader(onAnswer) {
  let state = start();

  function start() {
    return { head: '', status: 0, expected: Number.NaN, body: '', bytes: 0, tail: '', inBody: false };
  }

  /** @param {string} text latin1, as it arrives */
  return function read(text) {
    if (state.inBody) return readBody(text);
    state.head += text;
    const end = state.head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const rest = state.head.slice(end + 4);
    state.status = Number(state.head.slice(9, 12));
    state.expected = Number(/\r\ncontent-length: *(\d+)/i.exec(state.head.slice(0, end + 2))?.[1] ?? Number.NaN);
    state.inBody = true;
    readBody(rest);
  };

  function readBody(text) {
    state.bytes += text.length;
    if (state.body.length < kept) state.body += text.slice(0, kept - state.body.length);
    // Chunked. What is measured here is JSON, which has no bare CR LF inside, so this end cannot be data.
    state.tail = (state.tail + text).slice(-7);
    const isChunked = Number.isNaN(state.expected);
    if (isChunked ? !endsChunked(state) : state.bytes < state.expected) return;
    const { status, body, bytes } = state;
    state = start();
    onAnswer({ status, body: isChunked ? joinChunks(body) : body, bytes });
  }
}

function endsChunked({ tail, bytes }) {
  return tail.endsWith('\r\n0\r\n\r\n') || (bytes === 5 && tail === '0\r\n\r\n');
}

function joinChunks(text) {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (line < 0 || !(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}
