/** A password that an operator gives: typed twice on a terminal, or the first line of a file. Never a word of the command line. */
import { createReadStream } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { readHiddenLines } from './hidden-lines.ts';

export interface NewPasswordSource {
  /** A path, or `-` for standard input; undefined: the terminal is asked. */
  readonly file: string | undefined;
  readonly signal: AbortSignal;
}

const mostBytes = 4_096;

/**
 * @throws HoldfastError USAGE - there is no terminal to ask, or what was typed differs
 * @throws HoldfastError READ_FAILED, CANCELLED
 */
export async function readNewPassword({ file, signal }: NewPasswordSource): Promise<string> {
  if (file !== undefined) return firstLine(await readStart(file, signal));
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY)
    throw new HoldfastError(
      'USAGE',
      'there is no terminal to ask for a password: name a file with --password-file',
    );
  const prompts = ['New password: ', 'The same again: '];
  const [first, second] = await readHiddenLines({ input, output, prompts, signal });
  if (first === undefined || first !== second) throw new HoldfastError('USAGE', 'the two passwords differ');
  return first;
}

/** A pipe, a FIFO and a descriptor of a shell too. */
async function readStart(file: string, signal: AbortSignal): Promise<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: true })) {
      signal.throwIfAborted();
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > mostBytes) throw new HoldfastError('USAGE', `${file} is longer than a password can be`);
    }
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new HoldfastError('READ_FAILED', `${file} cannot be read (${errno})`, { cause, details: { file } });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
