/** Readers of settings that are one of a few words. */

/** A parser that accepts exactly these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Error(`"${value.slice(0, 40)}" is none of ${words.join(', ')}`);
    return found;
  };
}

/** A switch: present on the command line, or true / false, or 1 / 0 as shells say it, elsewhere. */
export const onOrOff = (value: string): boolean => {
  const word = oneOf('true', 'false', '1', '0')(value);
  return word === 'true' || word === '1';
};
