import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate, visit } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import type { CountedOperation } from '../domain/usage/counted-operation.js';
import { type Plan, planOperation } from '../gateway/plan.js';
import type { OwnerOf } from '../gateway/root-fields.js';
import { createBoundedMap } from '../lib/bounded-map.js';
import { isAmbiguous } from './ambiguous.js';
import type { CostCheck, Costs } from './costs.js';
import { DocumentError } from './document-error.js';
import { assertModestOperations, type OperationLimits } from './document-limits.js';
import type { Documents } from './documents.js';
import type { Guard, GuardOf } from './guard.js';
import { assertModest, assertWithinLimits, type DocumentLimits } from './limits.js';
import { describeOperation } from './operation.js';
import { withPlainSpaces } from './plain-spaces.js';

/** An operation that is ready to be run, as often as it is asked for. */
export interface Prepared {
  readonly plan: Plan;
  /** Some field of it is not for everybody. */
  readonly needsToken: boolean;
  /** It has a signIn or signInRefresh field. */
  readonly hasCredential: boolean;
  /** False for a sign-in alone: an expired token must not stop its owner from signing in. */
  readonly looksAtToken: boolean;
  /** Weighs the caller against what the upstream's part needs; undefined where a token is all it takes, or not even that. */
  readonly guard: Guard | undefined;
  /** What introspection alone answers, for each schema: it is the same every time, and large. */
  readonly introspections: Answers | undefined;
  /** Throws DOCUMENT_TOO_COSTLY for variables with which it is; undefined where they do not matter. */
  readonly assertAffordable: CostCheck;
  /** A password may be written in it: it must not stay in memory. */
  readonly isSecret: boolean;
  /** What is counted of it. */
  readonly operation: CountedOperation;
  /** Throws DocumentError or DOCUMENT_TOO_COMPLEX unless our part fits the schema. */
  validateOwn(schema: GraphQLSchema): void;
}

/** Answers to one document, as JSON. */
export interface Answers {
  get(schema: GraphQLSchema): string | undefined;
  set(schema: GraphQLSchema, json: string): void;
}

export interface PrepareSettings extends DocumentLimits, OperationLimits {
  /** How many documents are remembered; a larger one counts for several. */
  readonly documentCache: number;
}

/** Characters of a document that count for one: the tree that ours are kept with weighs up to a hundred times the text. */
const unit = { upstream: 1_024, own: 64, split: 64 };

/** KiB of answers to introspection (at most twice this): whoever is signed in can ask for as many as they like. */
const maxAnswers = 32_768;

export interface Preparer {
  /** Throws DocumentError, or a LatchkeyError if the document is beyond the limits or cannot be run here. */
  prepare(text: string, operationName: string | null): Prepared;
  /** Forgets everything, after the schema has changed. */
  clear(): void;
}

/** What is asked about each document that goes to the upstream. */
export interface UpstreamRules {
  readonly costs: Costs;
  readonly documents: Pick<Documents, 'mayReachUpstream'>;
  readonly guardOf?: GuardOf;
}

export function createPreparer(
  settings: PrepareSettings,
  ownerOf: OwnerOf,
  isCredentialField: (name: string) => boolean,
  { costs, documents, guardOf = () => undefined }: UpstreamRules,
): Preparer {
  const cache = createBoundedMap<Prepared>(settings.documentCache);
  const answersTo = createAnswers();

  function create(copied: string, operationName: string | null): Prepared {
    const text = withPlainSpaces(copied);
    const document = parseDocument(text, settings);
    assertModestOperations(document, settings);
    const plan = planOperation(document, operationName, ownerOf, text === copied && !isAmbiguous(text));
    if (plan.kind !== 'own' && !documents.mayReachUpstream(copied)) throw new LatchkeyError('DOCUMENT_NOT_TRUSTED');
    const credentials = plan.fields.filter(({ name, owner }) => owner === 'own' && isCredentialField(name));
    if (credentials.length > 1) throw new LatchkeyError('ONE_CREDENTIAL_FIELD');
    const guarded = plan.kind === 'own' ? undefined : guardOf({ plan, document, operationName, text });
    const isPublic = ({ name, owner }: Plan['fields'][number]) =>
      owner === 'upstream' ? (guarded?.isOpen ?? false) : owner !== 'own' || isCredentialField(name);
    const needsToken = !plan.fields.every(isPublic);
    const hasCredential = credentials.length > 0;
    return {
      plan,
      needsToken,
      hasCredential,
      looksAtToken: needsToken || !hasCredential,
      operation: describeOperation(document, operationName),
      guard: guarded?.guard,
      introspections: isConstant(plan) ? answersTo(`${operationName}:${text}`) : undefined,
      assertAffordable: plan.kind === 'own' ? undefined : costs.check(document, operationName),
      isSecret: text.includes('"') && hasWrittenCredential(document, isCredentialField),
      validateOwn: plan.kind === 'upstream' ? () => undefined : createValidate(plan.own, text),
    };
  }

  return {
    prepare(text, operationName) {
      // Not to be mistaken for another name and text: no document that could be kept begins with a number.
      const key = operationName === null ? text : `${operationName.length}:${operationName}${text}`;
      const hit = cache.get(key);
      if (hit) return hit;
      const prepared = create(text, operationName);
      // A password that is written into the document must not stay in memory, and would never be a hit.
      if (!prepared.isSecret) cache.set(key, prepared, Math.ceil(text.length / unitOf(prepared)));
      return prepared;
    },
    clear: () => cache.clear(),
  };
}

/** What it costs as a function of the variables weighs as much as a tree. */
function unitOf({ plan, assertAffordable, guard }: Prepared): number {
  return assertAffordable || guard ? unit.split : unit[plan.kind];
}

function parseDocument(text: string, limits: DocumentLimits): DocumentNode {
  try {
    assertWithinLimits(text, limits);
    // Locations weigh five times the rest of the tree; only an error needs them.
    return parse(text, { noLocation: true });
  } catch (error) {
    if (error instanceof GraphQLError) throw new DocumentError('GRAPHQL_PARSE_FAILED', [error]);
    throw error;
  }
}

/** Neither fields of ours nor variables. */
function isConstant(plan: Plan): boolean {
  if (plan.kind !== 'own' || plan.fields.some(({ owner }) => owner === 'own')) return false;
  return plan.own.definitions.every(
    (definition) => !('variableDefinitions' in definition && definition.variableDefinitions?.length),
  );
}

/** Answers by schema and document, of all schemas together: there may be one for each scope. */
function createAnswers(): (key: string) => Answers {
  const answers = createBoundedMap<string>(maxAnswers);
  const numbers = new WeakMap<GraphQLSchema, number>();
  let schemas = 0;
  const keyOf = (schema: GraphQLSchema, key: string) => {
    const number = numbers.get(schema) ?? ++schemas;
    numbers.set(schema, number);
    return `${number}:${key}`;
  };
  return (key) => ({
    get: (schema) => answers.get(keyOf(schema, key)),
    set: (schema, json) => answers.set(keyOf(schema, key), json, Math.ceil(json.length / 1024)),
  });
}

const maxErrors = 10;

function createValidate(own: DocumentNode, text: string): (schema: GraphQLSchema) => void {
  const fits = new WeakSet<GraphQLSchema>();
  return (schema) => {
    if (fits.has(schema)) return;
    assertModest(own);
    const options = { maxErrors };
    if (validate(schema, own, undefined, options).length > 0) {
      // Once more with locations, if the whole document shows the error too.
      const located = validate(schema, parse(text), undefined, options);
      throw new DocumentError(
        'GRAPHQL_VALIDATION_FAILED',
        located.length > 0 ? located : validate(schema, own, undefined, options),
      );
    }
    fits.add(schema);
  };
}

/** Also in an operation that is not the one to run: an editor sends them all. */
function hasWrittenCredential(document: DocumentNode, isCredentialField: (name: string) => boolean): boolean {
  let hasField = false;
  let hasText = false;
  visit(document, {
    [Kind.FIELD]: ({ name }) => {
      hasField ||= isCredentialField(name.value);
    },
    [Kind.STRING]: () => {
      hasText = true;
    },
  });
  return hasField && hasText;
}
