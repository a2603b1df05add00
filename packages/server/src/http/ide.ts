import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RawHeaders } from '../gateway/headers.js';
import type { Exchange } from './exchange.js';
import { pageHeaders } from './security-headers.js';

/** A page that is the same for everybody. */
export interface Page {
  send(exchange: Exchange, headers: RawHeaders): void;
}

/** Where the build puts the files of packages/web: beside the program. Tests run the sources, and there is nothing beside them. */
const beside = fileURLToPath(new URL('../ide', import.meta.url));
export const ideDirectory = existsSync(beside) ? beside : fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** The path under which the IDE's hashed files are served; the page names it. */
export const idePath = '/latchkey/ide/';

/** Loads the IDE. Throws if the package was built without it. */
export function loadIde(): Page {
  const html = readFileSync(`${ideDirectory}/index.html`);
  const own = [
    'content-type',
    'text/html; charset=utf-8',
    'content-length',
    String(html.length),
    'cache-control',
    'no-cache',
  ];
  const constant = [...own, ...pageHeaders()];
  return {
    send(exchange, headers) {
      exchange.kind = 'page';
      const { request, response } = exchange;
      response.writeHead(200, [...constant, ...headers]);
      response.end(request.method === 'HEAD' ? undefined : html);
    },
  };
}
