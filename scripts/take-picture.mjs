/**
 * Takes docs/images/ide.png: the IDE of the demo after a sign-in and a query, at 1280 × 800. Needs the built program
 * and Chromium (/usr/bin/chromium, or the path in CHROMIUM).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './repository.mjs';

const picture = join(root, 'docs/images/ide.png');

const signIn = (userName, password) => `mutation signIn {
  signIn(credentials: {
    userName: "${userName}"
    password: "${password}"
  }) {
    accessToken
    refreshToken
  }
}`;

const companies = `query companies {
  companies(
    filter: { industry: SOFTWARE }
    orderBy: { field: EMPLOYEES, direction: DESC }
    first: 5
  ) {
    totalCount
    nodes {
      name
      city
      employees
    }
  }
}`;

/** Starts the demo on a free port, and reads from what it prints how to get in. */
async function startDemo(data) {
  const bin = join(root, 'packages/server/dist/bin.cjs');
  const stdio = ['ignore', 'pipe', 'inherit'];
  const demo = spawn(process.execPath, [bin, 'demo', '--port', '0', '--data', data], { stdio });
  const exit = once(demo, 'exit');
  const stop = () => demo.kill() && exit;
  let guide = '';
  for await (const chunk of demo.stdout) {
    guide += chunk;
    const found = /In a browser +(\S+)\s+User +(\S+)\s+Password +(\S+)/.exec(guide);
    if (found) return { url: found[1], userName: found[2], password: found[3], stop };
  }
  throw new Error('The demo ended before it said where it is.');
}

/** Does what a person does who sees the IDE for the first time. */
async function signInAndQuery(page, { url, userName, password }) {
  await page.goto(url);
  const mutation = signIn(userName, password);
  await paste(page, '.graphiql-query-editor', mutation);
  const { accessToken } = (await run(page, mutation)).signIn;
  await paste(page, '.graphiql-editor-tool', JSON.stringify({ Authorization: `Bearer ${accessToken}` }));
  await page.getByRole('button', { name: 'New tab' }).click();
  await paste(page, '.graphiql-query-editor', companies);
  await run(page, companies);
  await page.getByText('"totalCount"').waitFor();
}

/** Pasted, because the editor indents and closes brackets of its own while somebody types. */
async function paste(page, editor, text) {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.locator(`${editor} .view-lines:visible`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
  await page.keyboard.press('Control+Home');
}

/** Runs what is in the editor, and resolves with the data of its answer. */
async function run(page, query) {
  const answered = page.waitForResponse((response) => response.request().postDataJSON()?.query === query);
  await page.keyboard.press('Control+Enter');
  return (await (await answered).json()).data;
}

async function main() {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-picture-'));
  const demo = await startDemo(data);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const more = ['--disable-component-update', '--disable-sync'];
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: [...args, ...more] });
  try {
    const viewport = { width: 1280, height: 800 };
    const permissions = ['clipboard-read', 'clipboard-write'];
    const page = await browser.newPage({ viewport, permissions, colorScheme: 'light' });
    await signInAndQuery(page, demo);
    mkdirSync(dirname(picture), { recursive: true });
    await page.screenshot({ path: picture });
  } finally {
    await browser.close();
    await demo.stop();
    rmSync(data, { recursive: true });
  }
}

await main();
