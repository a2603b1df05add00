import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompaniesApi } from './server.js';

/** @type {Awaited<ReturnType<typeof startCompaniesApi>>} */
let api;
beforeAll(async () => {
  api = await startCompaniesApi();
});
afterAll(() => api.close());

/** @param {string} query @param {object} [variables] @param {string} [url] */
async function ask(query, variables, url = api.url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const PAGE = `query ($filter: CompanyFilter, $orderBy: CompanyOrder, $first: Int, $after: String) {
  companies(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    nodes { id name country industry employees founded revenue }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}`;

/** @param {object} [variables] */
const page = async (variables) => (await ask(PAGE, variables)).data.companies;

/** @param {object} variables */
async function everyPage(variables) {
  const pages = [await page(variables)];
  while (pages.at(-1).pageInfo.hasNextPage) {
    pages.push(await page({ ...variables, after: pages.at(-1).pageInfo.endCursor }));
  }
  return pages;
}

/** @param {object} variables */
const everyCompany = async (variables) => (await everyPage({ first: 100, ...variables })).flatMap(({ nodes }) => nodes);

describe('the list of companies', () => {
  it('has a few hundred companies, the same ones after each start, each with a name of its own', async () => {
    const companies = await everyCompany({});
    expect(companies).toHaveLength(360);
    expect(new Set(companies.map(({ name }) => name)).size).toBe(360);
    const again = await startCompaniesApi();
    const { data } = await ask(PAGE, { first: 100 }, again.url);
    await again.close();
    expect(data.companies.nodes).toEqual(companies.slice(0, 100));
  });

  it('returns 20 companies by name unless asked otherwise', async () => {
    const { nodes, edges, pageInfo, totalCount } = await page();
    expect(nodes).toHaveLength(20);
    expect(totalCount).toBe(360);
    expect(nodes.map(({ name }) => name)).toEqual(nodes.map(({ name }) => name).sort());
    expect(edges.map(({ node }) => node.id)).toEqual(nodes.map(({ id }) => id));
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0].cursor,
      endCursor: edges[19].cursor,
    });
  });

  it.each(
    ['NAME', 'EMPLOYEES', 'FOUNDED', 'REVENUE'].flatMap((field) => [
      { field, direction: 'ASC' },
      { field, direction: 'DESC' },
    ]),
  )('pages through all of them by $field $direction without a gap or a repetition', async (orderBy) => {
    const pages = await everyPage({ orderBy, first: 7 });
    expect(pages).toHaveLength(Math.ceil(360 / 7));
    const nodes = pages.flatMap((one) => one.nodes);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(360);
    expect(nodes).toEqual(await everyCompany({ orderBy }));
    expect(pages.map(({ pageInfo }) => pageInfo.hasPreviousPage)).toEqual(pages.map((_, index) => index > 0));
    const values = nodes.map((node) => node[orderBy.field.toLowerCase()]);
    const outOfOrder = values.filter((value, index) => {
      const [low, high] = orderBy.direction === 'ASC' ? [values[index - 1], value] : [value, values[index - 1]];
      return index > 0 && low > high;
    });
    expect(outOfOrder).toEqual([]);
  });

  it.each([
    [{ country: 'se' }, (one) => one.country === 'SE'],
    [{ industry: 'ENERGY' }, (one) => one.industry === 'ENERGY'],
    [{ employeesMin: 1000 }, (one) => one.employees >= 1000],
    [{ employeesMax: 50 }, (one) => one.employees <= 50],
    [{ nameContains: 'MAR' }, (one) => /mar/i.test(one.name)],
    [
      { country: 'GB', employeesMin: 20, employeesMax: 2000 },
      (one) => one.country === 'GB' && one.employees >= 20 && one.employees <= 2000,
    ],
  ])('keeps exactly the companies that meet %o', async (filter, isWanted) => {
    const wanted = (await everyCompany({})).filter(isWanted);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(360);
    expect(await everyCompany({ filter })).toEqual(wanted);
    expect((await page({ filter, first: 1 })).totalCount).toBe(wanted.length);
  });

  it('keeps a company whose employees are exactly at the bounds', async () => {
    const [{ id, employees }] = (await page({ first: 1 })).nodes;
    const nodes = await everyCompany({ filter: { employeesMin: employees, employeesMax: employees } });
    expect(nodes.map((node) => node.id)).toContain(id);
  });

  it('is empty, with no cursors, when nothing meets the filter', async () => {
    expect(await page({ filter: { country: 'XX' } })).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      totalCount: 0,
    });
  });

  it.each([0, -1, 101])('refuses first: %i and says what is allowed', async (first) => {
    const { errors } = await ask(PAGE, { first });
    expect(errors[0].message).toBe(`"first" must be from 1 to 100; it was ${first}.`);
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it.each(['', 'nonsense', 'C1001'])('refuses %o as a cursor', async (after) => {
    const { errors } = await ask(PAGE, { after });
    expect(errors[0].message).toMatch(/"after" is not a cursor/);
  });
});

describe('one company', () => {
  it('is found by its id, with its officers', async () => {
    const { data } = await ask('{ company(id: "C1001") { id officers { role } } }');
    expect(data.company.id).toBe('C1001');
    expect(data.company.officers[0]).toEqual({ role: 'CHIEF_EXECUTIVE' });
  });

  it('is null when the id is unknown', async () => {
    expect(await ask('{ company(id: "nobody") { id } }')).toEqual({ data: { company: null } });
  });

  it('keeps officers of one role when asked', async () => {
    const { data } = await ask('{ company(id: "C1001") { officers(role: CHAIR) { role } } }');
    expect(data.company.officers).toEqual([{ role: 'CHAIR' }]);
  });
});

describe('industries', () => {
  it('add up to all companies', async () => {
    const { data } = await ask('{ industries { industry companies employees revenue } }');
    const companies = await everyCompany({});
    for (const { industry, ...totals } of data.industries) {
      const members = companies.filter((one) => one.industry === industry);
      const sum = (key) => members.reduce((total, one) => total + one[key], 0);
      expect(totals).toEqual({ companies: members.length, employees: sum('employees'), revenue: sum('revenue') });
    }
    expect(data.industries.reduce((total, one) => total + one.companies, 0)).toBe(360);
  });
});

describe('notes', () => {
  const ADD = `mutation ($companyId: ID!, $text: String!) {
    addNote(companyId: $companyId, text: $text) { id text company { id } }
  }`;

  it('are attached to their company, the newest first', async () => {
    const first = await ask(ADD, { companyId: 'C1002', text: 'one' });
    expect(first.data.addNote).toMatchObject({ text: 'one', company: { id: 'C1002' } });
    await ask(ADD, { companyId: 'C1002', text: 'two' });
    const { data } = await ask('{ company(id: "C1002") { notes { text } } }');
    expect(data.company.notes).toEqual([{ text: 'two' }, { text: 'one' }]);
  });

  it('are refused for an unknown company, and when empty or too long', async () => {
    const codes = [];
    for (const variables of [
      { companyId: 'nobody', text: 'x' },
      { companyId: 'C1003', text: '' },
      { companyId: 'C1003', text: 'x'.repeat(501) },
    ]) {
      codes.push((await ask(ADD, variables)).errors[0].extensions.code);
    }
    expect(codes).toEqual(['NOT_FOUND', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
  });

  it('are forgotten when 1,000 newer ones have come', async () => {
    await ask(ADD, { companyId: 'C1004', text: 'old' });
    const many = Array.from({ length: 1_000 }, (_, n) => `n${n}: addNote(companyId: "C1005", text: "${n}") { id }`);
    await ask(`mutation { ${many.join('\n')} }`);
    const { data } = await ask(
      '{ old: company(id: "C1004") { notes { id } } new: company(id: "C1005") { notes { id } } }',
    );
    expect(data.old.notes).toEqual([]);
    expect(data.new.notes).toHaveLength(1_000);
  });
});

describe('over HTTP', () => {
  it('refuses a body over a megabyte with 413', async () => {
    const response = await fetch(api.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ __typename } #${'x'.repeat(1_000_000)}` }),
    });
    expect(response.status).toBe(413);
  });

  it('answers at /graphql and at /graphql/, and nowhere else', async () => {
    const status = async (path) => (await fetch(new URL(path, api.url))).status;
    const query = `?query=${encodeURIComponent('{ __typename }')}`;
    expect(await status(`/graphql${query}`)).toBe(200);
    expect(await status(`/graphql/${query}`)).toBe(200);
    expect(await status(`/graphqlx${query}`)).toBe(404);
    expect(await status('/')).toBe(404);
  });

  it('closes although a client keeps its connection, and only once', async () => {
    const other = await startCompaniesApi();
    await ask('{ __typename }', {}, other.url);
    await Promise.all([other.close(), other.close()]);
    await expect(ask('{ __typename }', {}, other.url)).rejects.toThrow('fetch failed');
  });
});

describe('as a program', () => {
  const file = fileURLToPath(new URL('./server.js', import.meta.url));

  it('prints its address, answers there, and exits with 0 on SIGTERM', async () => {
    const program = spawn(process.execPath, [file, '--port', '0']);
    const exit = new Promise((resolve) => program.once('exit', resolve));
    const { value: line } = await createInterface({ input: program.stdout })[Symbol.asyncIterator]().next();
    expect(line).toMatch(/^The companies API listens on http:\/\/127\.0\.0\.1:\d+\/graphql$/);
    const { data } = await ask('{ companies(first: 1) { totalCount } }', {}, line.split(' ').at(-1));
    expect(data.companies.totalCount).toBe(360);
    program.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('says in one line why it cannot start', async () => {
    const run = promisify(execFile)(process.execPath, [file, '--port', new URL(api.url).port]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The companies API could not start: .*in use.*\n$/),
    });
  });
});
