import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';
import { findTool } from './tool.js';

const executablePath = findTool(
  'Chromium',
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '--version',
);

let gate: Gate<SocketUpstream>;
let browser: Browser;
let page: Page;
/** Errors, and refusals of the content security policy. */
const complaints: string[] = [];

describe.runIf(executablePath)('a subscription in the IDE', () => {
  beforeAll(async () => {
    gate = await startGate(start);
    browser = await chromium.launch({
      executablePath: String(executablePath),
      args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost'],
    });
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: gate.server.origin });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(`${gate.server.url}/`);
    await page.locator('.view-line').first().waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await gate?.stop();
    expect(complaints).toEqual([]);
  });

  test('without a token says what is missing', async () => {
    await run('subscription Ticks { ticks(count: 100000, everyMs: 20) }');
    await expect.poll(shown).toContain('UNAUTHENTICATED');
  });

  test('with the token of the Headers tab shows its events as they come, until it is stopped', async () => {
    await paste('Headers', JSON.stringify({ Authorization: `Bearer ${gate.token}` }));
    await run('subscription Ticks { ticks(count: 100000, everyMs: 20) }');
    await expect.poll(ticks).toBeGreaterThan(0);
    const first = await ticks();
    await expect.poll(ticks).toBeGreaterThan(first);
    const { LATCHKEY_SCREENSHOT } = process.env;
    if (LATCHKEY_SCREENSHOT) await page.screenshot({ path: LATCHKEY_SCREENSHOT });
    expect(subscribed.count).toBe(1);
    await page.getByRole('button', { name: 'Stop query' }).click();
    await expect.poll(() => subscribed.count).toBe(0);
  });

  test('says in words that its token has expired', async () => {
    await run('subscription Ticks { ticks(count: 100000, everyMs: 20) }');
    await expect.poll(ticks).toBeGreaterThan(0);
    gate.server.clock.advance(3_600_000);
    await expect.poll(shown).toContain('TOKEN_EXPIRED');
    expect(await shown()).toContain('signInRefresh');
  });
});

async function run(text: string): Promise<void> {
  // An editor that has only just opened can miss what is pasted, and would run what it shows at first.
  const pasted = async () => {
    await paste('Operation Editor', text);
    return linesOf('Operation Editor');
  };
  await expect.poll(pasted, { timeout: 10_000 }).toBe(text);
  await page.keyboard.press('ControlOrMeta+Enter');
}

/** Pastes a text in the place of what stands in an editor. */
async function paste(name: 'Operation Editor' | 'Headers', text: string): Promise<void> {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.getByRole('region', { name }).locator('.monaco-editor:visible').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+V');
}

/** What the answer's editor has in sight, which for a tick is all of it. */
const shown = () => linesOf('Result Window');

/** What an editor has in sight. */
async function linesOf(name: string): Promise<string> {
  const lines = page.getByRole('region', { name }).locator('.view-line');
  return (await lines.allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
}

async function ticks(): Promise<number> {
  return Number(/"ticks": (\d+)/.exec(await shown())?.[1] ?? 0);
}
