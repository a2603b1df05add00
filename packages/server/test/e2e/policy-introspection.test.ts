import { buildClientSchema, getIntrospectionQuery, printSchema, validateSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PolicyGate, startPolicyGate, type Who } from '../policy-gate.js';

let gate: PolicyGate;
beforeAll(async () => {
  gate = await startPolicyGate();
});
afterAll(() => gate.stop());

/** The schema as this caller is shown it. */
async function shown(who: Who): Promise<string> {
  const { body } = await gate.ask(getIntrospectionQuery(), who);
  const schema = buildClientSchema(body.data);
  expect(validateSchema(schema)).toEqual([]);
  return printSchema(schema);
}

describe('introspection shows', () => {
  test('a caller without a token what is public, what is ours, and no type beside', async () => {
    const sdl = await shown('nobody');
    expect(sdl).toMatch(/type Query \{\n {2}status: String!\n {2}version: String\n/);
    expect(sdl).toMatch(/signIn\(/);
    expect(sdl).not.toMatch(/Company|Person|Node|Vault|Money|Grade|rename|_Any|_Service/);
  });

  test('a caller with a token what no rule keeps back', async () => {
    const sdl = await shown('plain');
    expect(sdl).toMatch(/type Company \{\n {2}id: ID!\n {2}name: String!\n {2}owner: Person!\n/);
    expect(sdl).toMatch(/union Found = Company \| Person\n/);
    // The interface has a field of a type that nobody may have, and so nothing is left of it.
    expect(sdl).not.toMatch(/salary|bonus|revenue|[Vv]ault|interface Node|_service/);
    expect(sdl).toMatch(/input PersonFilter/);
  });

  test('a caller with a scope what that opens', async () => {
    expect(await shown('hr')).toMatch(/salary: Int!/);
    expect(await shown('hr')).not.toMatch(/bonus|revenue/);
    expect(await shown('admin')).toMatch(/revenue: Money/);
  });

  test('nothing of a hidden type to whoever knows its name', async () => {
    const { body } = await gate.ask('{ __type(name: "Vault") { name fields { name } } }', 'admin');
    expect(body.data).toEqual({ __type: null });
    const fields = await gate.ask('{ __type(name: "Person") { fields { name } } }', 'plain');
    expect(JSON.stringify(fields.body)).not.toContain('salary');
  });

  test('each caller their own, whoever asked first', async () => {
    const query = '{ __type(name: "Person") { fields { name } } }';
    const lengths = await Promise.all(
      (['hr', 'plain', 'admin', 'nobody', 'hr'] as const).map(async (who) => {
        const { body } = await gate.ask(query, who);
        return body.data.__type?.fields.length ?? 0;
      }),
    );
    expect(lengths).toEqual([6, 5, 7, 0, 6]);
  });
});
