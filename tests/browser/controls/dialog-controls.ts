/** The dialog and the form as one uses them: by every way out, by keyboard, by ear, and while others write. */
import type { Control } from './control.ts';

const dialog = 'apps/panel/ui/src/components/dialog.tsx';
const byKeyboard = 'is worked through by keyboard alone, from its heading, and gives the focus back';
const aConflict = 'a conflict, and the connection below it, is accessible in es-ES';

export const dialogControls: readonly Control[] = [
  {
    name: '`closedby`',
    broken: 'the dialog is without `closedby="none"`',
    side: 'site',
    edits: [{ path: dialog, text: 'closedby="none"\n', instead: '\n' }],
    red: { dialog: ['is not left by a click beside it, nor by an Escape that nothing in it hears'] },
  },
  {
    name: 'Escape',
    broken: 'the dialog is without its own answer to the key',
    side: 'site',
    edits: [{ path: dialog, text: 'onKeyDown={leave}', instead: '' }],
    red: {
      dialog: [
        'is left by Escape with everything kept, and had back from the tray',
        'stays through Escape when nobody has touched the page since it opened',
      ],
    },
  },
  {
    name: 'heading',
    broken: 'the heading of the dialog cannot have the focus',
    side: 'site',
    edits: [{ path: dialog, text: 'ref={heading} tabIndex={-1}>', instead: 'ref={heading}>' }],
    red: { dialog: [byKeyboard] },
  },
  {
    name: 'focus is given back',
    broken:
      'a dialog that goes is only taken out of the page: neither the browser nor the page itself gives the focus back (two guards of the same)',
    side: 'site',
    edits: [
      { path: dialog, text: 'return () => element.close();', instead: 'return undefined;' },
      { path: dialog, text: 'target?.focus();', instead: 'void target;' },
    ],
    red: { dialog: [byKeyboard] },
  },
  {
    name: 'modal',
    broken: 'the dialog is one beside the page, not in front of it',
    side: 'site',
    edits: [{ path: dialog, text: 'element.showModal();', instead: 'element.show();' }],
    red: { dialog: ['keeps the focus inside, whichever way one goes round'] },
  },
  {
    name: 'live region',
    broken: 'the dialog says nothing to those who do not see it',
    side: 'site',
    edits: [{ path: dialog, text: '{news}\n', instead: '\n' }],
    red: { dialog: ['says what it is about, and how much, to those who do not see it'] },
  },
  {
    name: 'label of a filter',
    broken: 'a filter is not tied to its label',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/components/field.tsx',
        text: '<select className="input" {...select} {...control}>',
        instead: '<select className="input" {...select}>',
      },
    ],
    red: { accessibility: ['the pages of an admin are accessible in es-ES'] },
  },
  {
    name: 'purpose of a field',
    broken: 'the field of the password does not say to the browser what it is for',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/session/login-form.tsx',
        text: 'autoComplete="current-password"',
        instead: 'autoComplete="the-password"',
      },
    ],
    red: { accessibility: ['the login is accessible, with what it says when it is refused'] },
  },
  {
    name: 'contrast',
    broken: 'who changed a field, and when, is too faint to be read',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/conflict/conflict.css',
        text: '.comparison .by {\n',
        instead: '.comparison .by {\n  color: #d0d0d0;\n',
      },
    ],
    red: { accessibility: [aConflict] },
  },
  {
    name: 'label of a choice',
    broken: 'the field of a conflict has no label',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/conflict/conflict-choice.tsx',
        text: "{t('conflict.mineOf', { field: label === undefined ? field : t(label) })}",
        instead: '',
      },
    ],
    red: { accessibility: [aConflict] },
  },
  {
    name: 'base freeze',
    broken: 'a save goes out on the newest version that the page has read, not on the one its user saw',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/record/record-editor.ts',
        text: 'else this.#send(typed.patch, typed.base);',
        instead: 'else this.#send(typed.patch, this.state.pending?.server ?? typed.base);',
      },
    ],
    red: { conflict: ['is refused although the page has read the newer version in the background'] },
  },
  {
    name: 'typed stays',
    broken: 'news of others stand in the form in the place of what is typed',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/record/editor-state.ts',
        text: '...pending.patches.map(({ patch }) => patch), typed.patch);',
        instead:
          '...pending.patches.map(({ patch }) => patch), typed.patch, pending.server.version > typed.base.version ? pending.server.value : {});',
      },
    ],
    red: { 'two-tabs': ['leaves what is typed alone, and is told'] },
  },
  {
    name: 'news of others',
    broken: 'a form in which somebody types does not say that there is a newer version',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/react/edit-status.tsx',
        text: '{hasNewerVersion(state) && <Line',
        instead: '{false && <Line',
      },
    ],
    red: {
      'two-tabs': ['leaves what is typed alone, and is told'],
      servers: ['keeps nobody from saving, from the conflict, and from the news'],
    },
  },
];
