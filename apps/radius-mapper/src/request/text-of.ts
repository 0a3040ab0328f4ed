/**
 * The bytes of an attribute as text. FreeRADIUS writes each byte from 0x80 on as `\u00XX`, or, where its characters are
 * unsigned, as the byte itself; a body that is read as Latin-1 shows one and the same character for both. So a character
 * up to U+00FF is a byte, and the bytes are UTF-8. A text with a greater one was written by somebody else, as text.
 */
import { isUtf8 } from 'node:buffer';

/**
 * Loses nothing: bytes that are no UTF-8 become a lone surrogate each (0xff is U+DCFF), so such a text equals no other and is
 * no name of a connection.
 *
 * @param value - as it stands in a body that was read as Latin-1
 */
export function textOf(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ends of ASCII and of Latin-1
  if (/^[\u0000-\u007f]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ends of ASCII and of Latin-1
  if (/[^\u0000-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return value.replaceAll(/[\u0080-\u00ff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

/** The same text as it can be stored: what is no UTF-8 is written as `%ff`. */
export function storable(text: string): string {
  if (text.isWellFormed()) return text;
  return text
    .replaceAll(
      /(?<![\ud800-\udbff])[\udc80-\udcff]/g,
      (byte) => `%${(byte.charCodeAt(0) - 0xdc00).toString(16)}`,
    )
    .toWellFormed();
}
