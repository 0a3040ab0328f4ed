/**
 * One whole number in the JSON of many: found and replaced in the text, without the rest being understood, which with fifteen
 * counters in a document takes longer than everything else together. What is not written as `JSON.stringify` writes it, or
 * stands there twice, is not found: then the document has to be understood.
 */
export interface FoundCounter {
  readonly value: number;
  /** The text with another number in its place; undefined when its length would be another one. */
  replacedBy(next: number): string | undefined;
}

const mostDigits = 16;

/** @param json - an object of whole numbers, none of them negative @param name - that needs no escaping in JSON */
export function findCounter(json: string, name: string): FoundCounter | undefined {
  const label = `"${name}":`;
  const at = json.indexOf(label);
  if (at === -1 || json.indexOf(label, at + 1) !== -1) return undefined;
  const begin = at + label.length;
  const end = endOfDigits(json, begin);
  const digits = json.slice(begin, end);
  const value = Number(digits);
  const isWritten = end < json.length && (json[end] === ',' || json[end] === '}') && String(value) === digits;
  if (!isWritten || digits.length > mostDigits) return undefined;
  return {
    value,
    replacedBy: (next) => {
      const text = String(next);
      if (text.length !== digits.length || !Number.isSafeInteger(next) || next < 0) return undefined;
      return `${json.slice(0, begin)}${text}${json.slice(end)}`;
    },
  };
}

function endOfDigits(text: string, begin: number): number {
  let end = begin;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
