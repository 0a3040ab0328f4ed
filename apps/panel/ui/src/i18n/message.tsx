/** A text with elements in the places of its placeholders. What people have typed goes in here, isolated, and never into `t`. */
import { Fragment, type ReactNode } from 'react';
import { type PlaceholdersOf, piecesOf } from './text.ts';
import { useText } from './text-context.tsx';
import type { TextKey } from './texts.ts';

export interface MessageProps<Key extends TextKey> {
  readonly text: Key;
  readonly values: { readonly [Name in PlaceholdersOf<Key>]: ReactNode };
}

export function Message<Key extends TextKey>({ text, values }: MessageProps<Key>): ReactNode {
  const { template } = useText();
  const given: Readonly<Record<string, ReactNode>> = values;
  return piecesOf(template(text)).map((piece, index) => {
    const value = 'text' in piece ? piece.text : given[piece.name];
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text have no other names, and never move
      <Fragment key={index}>
        {typeof value === 'string' && 'name' in piece ? <bdi>{value}</bdi> : value}
      </Fragment>
    );
  });
}
