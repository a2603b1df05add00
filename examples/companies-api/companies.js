import { GraphQLError } from 'graphql';
import { INDUSTRIES, makeCompanies } from './data.js';

/**
 * @typedef {import('./data.js').Company} Company
 * @typedef {{ id: string, companyId: string, text: string, createdAt: string }} Note
 * @typedef {{ country?: string | null, industry?: string | null, employeesMin?: number | null,
 *   employeesMax?: number | null, nameContains?: string | null }} CompanyFilter
 * @typedef {{ field: 'NAME' | 'EMPLOYEES' | 'FOUNDED' | 'REVENUE', direction: 'ASC' | 'DESC' }} CompanyOrder
 * @typedef {{ filter?: CompanyFilter | null, orderBy?: CompanyOrder | null, first?: number | null,
 *   after?: string | null }} CompaniesArguments
 */

const MAX_PAGE = 100;
const MAX_NOTES = 1_000;
const MAX_NOTE_LENGTH = 500;

/** @param {string} message @param {string} code */
const refuse = (message, code = 'BAD_USER_INPUT') => new GraphQLError(message, { extensions: { code } });

/** @param {string} id */
const toCursor = (id) => Buffer.from(`company:${id}`).toString('base64url');

/** @param {string} cursor */
const fromCursor = (cursor) => Buffer.from(cursor, 'base64url').toString().replace('company:', '');

/** @param {CompanyFilter} filter @returns {(company: Company) => boolean} */
function matches({ country, industry, employeesMin, employeesMax, nameContains }) {
  const code = country?.toUpperCase();
  const part = nameContains?.toLowerCase();
  return (company) =>
    (code == null || company.country === code) &&
    (industry == null || company.industry === industry) &&
    (employeesMin == null || company.employees >= employeesMin) &&
    (employeesMax == null || company.employees <= employeesMax) &&
    (part == null || company.name.toLowerCase().includes(part));
}

const ORDER_KEYS = /** @type {const} */ ({
  NAME: 'name',
  EMPLOYEES: 'employees',
  FOUNDED: 'founded',
  REVENUE: 'revenue',
});

/**
 * A total order: ids break ties, so that a page never repeats or skips a company.
 * @param {CompanyOrder} order @returns {(a: Company, b: Company) => number}
 */
function comparison({ field, direction }) {
  const key = ORDER_KEYS[field];
  const sign = direction === 'DESC' ? -1 : 1;
  return (a, b) => {
    if (a[key] !== b[key]) return a[key] < b[key] ? -sign : sign;
    return a.id < b.id ? -1 : Number(a.id > b.id);
  };
}

/**
 * The root value of the schema: a function per root field, over companies of its own.
 */
export function createRoot() {
  const companies = new Map(makeCompanies().map((company) => [company.id, company]));
  /** @type {Note[]} newest first */
  const notes = [];
  let notesMade = 0;

  /** @param {Company} company */
  const present = (company) => ({
    ...company,
    /** @param {{ role?: string | null }} args */
    officers: ({ role }) => company.officers.filter((officer) => role == null || officer.role === role),
    notes: () => notes.filter((note) => note.companyId === company.id).map(presentNote),
  });

  /** @param {Note} note @returns {object} */
  const presentNote = (note) => ({ ...note, company: () => present(companyById(note.companyId)) });

  /** @param {string} id */
  const companyById = (id) => {
    const company = companies.get(id);
    if (!company) throw refuse(`There is no company with the id "${id}".`, 'NOT_FOUND');
    return company;
  };

  /** @param {string} cursor */
  const companyAtCursor = (cursor) => {
    const company = companies.get(fromCursor(cursor));
    if (!company) throw refuse('"after" is not a cursor: pass the endCursor of the page before, as it came.');
    return company;
  };

  return {
    /** @param {CompaniesArguments} args */
    companies({ filter, orderBy, first, after }) {
      const size = first ?? 20;
      if (size < 1 || size > MAX_PAGE) throw refuse(`"first" must be from 1 to ${MAX_PAGE}; it was ${size}.`);
      const compare = comparison(orderBy ?? { field: 'NAME', direction: 'ASC' });
      const all = [...companies.values()].filter(matches(filter ?? {})).sort(compare);
      const previous = after == null ? undefined : companyAtCursor(after);
      const start = previous ? all.filter((company) => compare(company, previous) <= 0).length : 0;
      const nodes = all.slice(start, start + size).map(present);
      const edges = nodes.map((node) => ({ cursor: toCursor(node.id), node }));
      const pageInfo = {
        hasNextPage: start + size < all.length,
        hasPreviousPage: start > 0,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      };
      return { nodes, edges, pageInfo, totalCount: all.length };
    },

    /** @param {{ id: string }} args */
    company({ id }) {
      const company = companies.get(id);
      return company ? present(company) : null;
    },

    industries() {
      return INDUSTRIES.map((industry) => {
        const members = [...companies.values()].filter((company) => company.industry === industry);
        /** @param {'employees' | 'revenue'} key */
        const sum = (key) => members.reduce((total, company) => total + company[key], 0);
        return { industry, companies: members.length, employees: sum('employees'), revenue: sum('revenue') };
      });
    },

    /** @param {{ companyId: string, text: string }} args */
    addNote({ companyId, text }) {
      const company = companyById(companyId);
      if (text.length < 1 || text.length > MAX_NOTE_LENGTH) {
        throw refuse(`"text" must have from 1 to ${MAX_NOTE_LENGTH} characters; it had ${text.length}.`);
      }
      notesMade += 1;
      const note = { id: `N${notesMade}`, companyId: company.id, text, createdAt: new Date().toISOString() };
      notes.unshift(note);
      notes.length = Math.min(notes.length, MAX_NOTES);
      return presentNote(note);
    },
  };
}
