import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tokens } from './ask.js';
import { filledIn, paragraph } from './page.js';
import { demo } from './process.js';
import { findTool } from './tool.js';

const executablePath = findTool(
  'Chromium',
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '--version',
);

/** As quiet as it gets, and unable to find any other host. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];

/** Where what is typed goes, by the names that a screen reader says. */
const panes = { operation: 'Operation Editor', headers: 'Headers', answer: 'Result Window' };

let server: Awaited<ReturnType<typeof demo>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What no visit may bring about: errors, refusals of the content security policy, requests to somebody else. */
let complaints: string[];

describe.runIf(executablePath)('the IDE in a browser', () => {
  beforeAll(async () => {
    server = await demo();
    browser = await chromium.launch({ executablePath: String(executablePath), args });
  });

  afterAll(() => browser?.close());

  beforeEach(open);

  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  test('runs the signIn of the page for callers, and with its token the API behind', async () => {
    const { accessToken, refreshToken } = await signInThere();
    expect(accessToken).toMatch(/^eyJ/);
    expect(refreshToken).toMatch(/^lk_rt_/);

    await paste('headers', JSON.stringify({ Authorization: `Bearer ${accessToken}` }));
    await focus('operation');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type('{ companies(first: 2) { totalCount nodes { name } } }');
    expect(await runOperation()).toEqual({
      data: { companies: { totalCount: expect.any(Number), nodes: [{ name: expect.any(String) }, expect.anything()] } },
    });
  });

  test('runs the signInRefresh of the page right after its signIn, however quickly it is pasted and run', async () => {
    const { refreshToken } = await signInThere();
    await paste('operation', paragraph('mutation signInRefresh {').replace('zzzz', refreshToken));
    const { data } = await runOperation();
    expect(data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
    expect(data.signInRefresh.refreshToken).not.toBe(refreshToken);
  });

  test('shows in words why an operation without a token is refused', async () => {
    await paste('operation', '{ companies { totalCount } }');
    expect(await runOperation()).toEqual({
      errors: [
        {
          message: 'This operation needs a good access token.',
          extensions: { code: 'UNAUTHENTICATED', hint: expect.stringContaining('signIn') },
        },
      ],
    });
    // The browser tells of each 401 in its console; this one is wanted.
    complaints = complaints.filter((complaint) => !complaint.includes('401 (Unauthorized)'));
  });

  test('knows the fields of the API behind as soon as there is a token, and not before', async () => {
    await page.getByLabel('Show Documentation Explorer').click();
    const docs = page.getByRole('region', { name: 'Documentation Explorer' });
    const field = (name: string) => docs.getByRole('link', { name, exact: true });
    await field('Query').click();
    await field('viewer').waitFor();
    expect(await field('companies').count()).toBe(0);
    const { accessToken } = await signInThere();
    await paste('headers', JSON.stringify({ Authorization: `Bearer ${accessToken}` }));
    await field('companies').waitFor();
  });

  test('keeps no secret in the browser, also after a reload', async () => {
    const tokens = await signInThere();
    await paste('headers', JSON.stringify({ Authorization: `Bearer ${tokens.accessToken}` }));
    await paste('operation', '{ viewer { userName } }');
    expect(await runOperation()).toEqual({ data: { viewer: { userName: server.userName } } });
    // Tabs are stored a moment after they change.
    await expect.poll(() => page.evaluate(() => localStorage.getItem('graphiql:tabState'))).toContain('{ viewer');
    await expectNoSecret();
    await page.reload();
    await page.locator('.view-line').first().waitFor();
    await expectNoSecret();
    expect(await read('operation')).toContain('viewer');
    expect(await read('headers')).not.toContain('eyJ');
  });

  test('is as light or dark as the system, also when that changes', async () => {
    await expect.poll(brightness).toEqual(['light']);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(brightness).toEqual(['dark']);
    await page.reload();
    await page.locator('.view-line').first().waitFor();
    await expect.poll(brightness).toEqual(['dark']);
  });
});

/** Of the page, and of its editors, which have themes of their own. */
function brightness() {
  return page.evaluate(() => {
    const page = document.querySelector('.graphiql-container') ?? document.body;
    const rgb = getComputedStyle(page).backgroundColor.match(/\d+/g) ?? [];
    const editors = [...document.querySelectorAll('.monaco-editor')].map(({ classList }) =>
      classList.contains('vs-dark'),
    );
    const isDark = [Number(rgb[0]) < 128, ...editors];
    return [...new Set(isDark)].map((dark) => (dark ? 'dark' : 'light'));
  });
}

async function open(): Promise<void> {
  const { origin } = new URL(server.url);
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(blob|data):/.test(request.url())) complaints.push(request.url());
  });
  await context.addInitScript(() => {
    const given: string[] = [];
    Object.assign(window, { given });
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (name, value) {
      given.push(value);
      setItem.call(this, name, value);
    };
  });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(server.url);
  await page.locator('.view-line').first().waitFor();
}

/** Pastes a text in the place of what stands in a pane. */
async function paste(pane: keyof typeof panes, text: string): Promise<void> {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await focus(pane);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+V');
}

/** What stands in a pane, as somebody would copy it: the editor draws only the part that is in sight. */
async function read(pane: keyof typeof panes): Promise<string> {
  await focus(pane);
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+C');
  return page.evaluate(() => navigator.clipboard.readText());
}

async function focus(pane: keyof typeof panes): Promise<void> {
  await page.getByRole('region', { name: panes[pane] }).locator('.monaco-editor:visible').first().click();
}

/** Runs what stands in the editor, by its key, and returns the answer that is shown. */
async function runOperation() {
  await focus('operation');
  const answered = page.waitForResponse((response) => {
    const body = response.request().postData();
    // The IDE asks for the schema by itself, at any time.
    return body !== null && !body.includes('IntrospectionQuery');
  });
  await page.keyboard.press('ControlOrMeta+Enter');
  const sent = JSON.parse(await (await answered).text());
  await expect.poll(() => read('answer').then(parse), { timeout: 10_000 }).toEqual(sent);
  return sent;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function signInThere(): Promise<Tokens> {
  await paste('operation', filledIn(paragraph('mutation signIn {'), server));
  return (await runOperation()).data.signIn;
}

/** What the browser keeps for the page, and all that it was ever given to keep. */
function stored(): Promise<string> {
  return page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, Reflect.get(window, 'given')]),
  );
}

async function expectNoSecret(): Promise<void> {
  const kept = await stored();
  expect(kept).not.toMatch(/lk_rt_|eyJ|Bearer [^<]/);
  expect(kept).not.toContain(server.password);
}
