/** The page of a connection as its user finds it, by the names that everything has in Spanish. */
import type { Locator, Page } from 'playwright-core';
import type { Visitor } from '../support/panel-browser.ts';

export interface ConnectionPage {
  readonly page: Page;
  readonly label: Locator;
  readonly down: Locator;
  readonly up: Locator;
  readonly save: Locator;
  readonly undo: Locator;
  readonly status: Locator;
  readonly tray: Locator;
  readonly dialog: ConflictDialog;
}

export interface ConflictDialog {
  readonly root: Locator;
  /** The same, of a record that is gone. */
  readonly ofDeleted: Locator;
  readonly apply: Locator;
  readonly discard: Locator;
  readonly keepEditing: Locator;
  /** What to decide about a field in conflict. */
  row(field: string): Locator;
  /** What the server has in it now. */
  server(field: string): Locator;
  /** What the user began with. */
  original(field: string): Locator;
  choice(field: string, side: 'Mío' | 'Servidor' | 'Original'): Locator;
  mine(field: string): Locator;
}

export const fields = {
  label: 'Nombre',
  down: 'Bajada (kbit/s)',
  up: 'Subida (kbit/s)',
  rates: 'Velocidad (kbit/s)',
} as const;

/** In a new tab, with its form filled. */
export async function openConnection(visitor: Visitor, id: string): Promise<ConnectionPage> {
  const at = connectionPage(await visitor.open(`/connections/${id}`));
  await at.save.waitFor();
  return at;
}

export function connectionPage(page: Page): ConnectionPage {
  const form = page.getByRole('form', { name: 'Editar conexión' });
  return {
    page,
    label: form.getByLabel(fields.label, { exact: true }),
    down: form.getByLabel(fields.down, { exact: true }),
    up: form.getByLabel(fields.up, { exact: true }),
    save: form.getByRole('button', { name: 'Guardar' }),
    undo: form.getByRole('button', { name: 'Deshacer cambios' }),
    status: page.getByRole('status'),
    tray: page.getByRole('button', { name: /^Cambios pendientes/ }),
    dialog: conflictDialog(page),
  };
}

function conflictDialog(page: Page): ConflictDialog {
  const root = page.getByRole('dialog', { name: 'Esta conexión cambió mientras la editabas' });
  const row = (field: string) => root.getByRole('group', { name: field });
  const cell = (field: string, place: number) =>
    root
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: field }) })
      .getByRole('cell')
      .nth(place);
  return {
    root,
    ofDeleted: page.getByRole('dialog', { name: 'Esta conexión fue eliminada mientras la editabas' }),
    apply: root.getByRole('button', { name: 'Refrescar y aplicar mis cambios' }),
    discard: root.getByRole('button', { name: 'Descartar mis cambios' }),
    keepEditing: root.getByRole('button', { name: 'Seguir editando' }),
    row,
    original: (field) => cell(field, 0),
    server: (field) => cell(field, 1),
    choice: (field, side) => row(field).getByRole('radio', { name: side }),
    mine: (field) => root.getByLabel(`Tu cambio: ${field}`, { exact: true }),
  };
}
