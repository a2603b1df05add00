import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defineConfig, type Plugin } from 'vite';

/** Vite collects the license of each npm package. Monaco carries the work of others inside, named in a file of its own. */
const monacoNotices: Plugin = {
  name: 'monaco-notices',
  generateBundle() {
    const source = readFileSync(createRequire(import.meta.url).resolve('monaco-editor/ThirdPartyNotices.txt'));
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-NOTICES-MONACO.txt', source });
  },
};

export default defineConfig({
  // The server gives these files out under this path; the page itself is answered at /graphql.
  base: '/latchkey/ide/',
  worker: { format: 'es' },
  plugins: [monacoNotices],
  build: {
    license: { fileName: 'THIRD-PARTY-LICENSES.md' },
    chunkSizeWarningLimit: 3000, // Monaco is one chunk of 2,800 kB
    rolldownOptions: { checks: { moduleLevelDirective: false } }, // "use client" means nothing here
  },
});
