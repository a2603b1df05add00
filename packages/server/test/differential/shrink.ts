import { allSets, type Case } from './operation.js';

const maxTries = 150;

/** A smaller case that still fails: selections, other operations and variables are taken out one by one. */
export async function shrink(made: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let smallest = made;
  let tries = 0;
  for (let isSmaller = true; isSmaller && tries < maxTries; ) {
    isSmaller = false;
    for (let set = 0; set < allSets(smallest).length; set++) {
      for (let i = 0; i < (allSets(smallest)[set]?.length ?? 0) && tries < maxTries; tries++) {
        const smaller = structuredClone(smallest);
        allSets(smaller)[set]?.splice(i, 1);
        if (allSets(smaller)[set]?.length && (await fails(smaller))) {
          smallest = smaller;
          isSmaller = true;
        } else i++;
      }
    }
  }
  return smallest;
}
