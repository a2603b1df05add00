/**
 * @typedef {{ id: string, name: string, role: string, since: number }} Officer
 * @typedef {{ id: string, name: string, country: string, city: string, industry: string, employees: number,
 *   founded: number, revenue: number, website: string, officers: Officer[] }} Company
 */

export const INDUSTRIES = [
  'AGRICULTURE',
  'CONSTRUCTION',
  'ENERGY',
  'FINANCE',
  'HEALTH',
  'LOGISTICS',
  'MANUFACTURING',
  'MEDIA',
  'RETAIL',
  'SOFTWARE',
];

const ROLES = ['CHIEF_EXECUTIVE', 'CHAIR', 'FINANCE', 'OPERATIONS', 'TECHNOLOGY'];

const COUNTRIES = [
  { code: 'AU', form: 'Pty Ltd', cities: ['Adelaide', 'Hobart', 'Perth'] },
  { code: 'BR', form: 'Ltda', cities: ['Curitiba', 'Recife', 'Salvador'] },
  { code: 'CA', form: 'Inc', cities: ['Calgary', 'Halifax', 'Ottawa'] },
  { code: 'DE', form: 'GmbH', cities: ['Bremen', 'Dresden', 'Freiburg'] },
  { code: 'FR', form: 'SAS', cities: ['Lyon', 'Nantes', 'Toulouse'] },
  { code: 'GB', form: 'Ltd', cities: ['Bristol', 'Leeds', 'Swansea'] },
  { code: 'IN', form: 'Pvt Ltd', cities: ['Jaipur', 'Kochi', 'Pune'] },
  { code: 'JP', form: 'KK', cities: ['Kobe', 'Nagoya', 'Sendai'] },
  { code: 'NL', form: 'BV', cities: ['Arnhem', 'Leiden', 'Utrecht'] },
  { code: 'SE', form: 'AB', cities: ['Lund', 'Umeå', 'Uppsala'] },
  { code: 'US', form: 'LLC', cities: ['Boise', 'Omaha', 'Tucson'] },
  { code: 'ZA', form: '(Pty) Ltd', cities: ['Durban', 'Gqeberha', 'Knysna'] },
];

// Names are put together from syllables, so that none is meant to be anybody's.
const STARTS = 'Bel Cor Dal Elm Fer Gar Hul Isk Jor Kel Lum Mor Nar Orv Pel Quil Ros Sor Tav Ulm Ver Wex Yar Zel'.split(
  ' ',
);
const MIDDLES = 'a e i o u an er in or'.split(' ');
const ENDS = 'maris vant dune lode brik thal stad quen fyr nosk'.split(' ');
const FIRST_NAMES =
  'Ada Amir Bea Carlos Chen Dana Elif Emeka Farah Goran Hana Ines Jonas Kofi Lena Marta Nils Olga Priya Rosa Sven Tomás Uma Yuki'.split(
    ' ',
  );
const FAMILY_NAMES =
  'Abara Brandt Castel Dvoran Eklor Fiorin Galvez Hartov Imanu Jelling Kovari Lindmar Moreau Nakano Okoro Petrel Quist Rovere Sandell Tanaka Ulvang Varga Wendt Zoric'.split(
    ' ',
  );

/**
 * The same sequence for the same seed on every machine (mulberry32: whole numbers only, no floating-point surprises).
 * @param {number} seed
 * @returns {(below: number) => number} a whole number from 0 up to, and not including, `below`
 */
function seededRandom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Invented companies, the same ones every time.
 * @param {number} [count] at most 2,000
 * @returns {Company[]}
 */
export function makeCompanies(count = 360) {
  const random = seededRandom(20);
  /** @template T @param {T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[random(list.length)]);
  const names = new Set();

  const newName = () => {
    let name = '';
    do name = pick(STARTS) + pick(MIDDLES) + pick(ENDS);
    while (names.has(name));
    names.add(name);
    return name;
  };

  /** @param {number} number @param {number} founded @returns {Officer[]} */
  const makeOfficers = (number, founded) =>
    ROLES.slice(0, 2 + random(4)).map((role, index) => ({
      id: `P${number * 10 + index}`,
      name: `${pick(FIRST_NAMES)} ${pick(FAMILY_NAMES)}`,
      role,
      since: Math.max(founded, 2025 - random(30)),
    }));

  return Array.from({ length: count }, (_, index) => {
    const number = 1001 + index;
    const name = newName();
    const country = pick(COUNTRIES);
    const scale = pick([10, 100, 100, 1_000, 10_000]);
    const employees = scale / 2 + random(scale * 4);
    const founded = 1880 + random(145);
    return {
      id: `C${number}`,
      name: `${name} ${country.form}`,
      country: country.code,
      city: pick(country.cities),
      industry: pick(INDUSTRIES),
      employees,
      founded,
      revenue: employees * (60 + random(340)) * 1_000,
      website: `https://${name.toLowerCase()}.example`,
      officers: makeOfficers(number, founded),
    };
  });
}
