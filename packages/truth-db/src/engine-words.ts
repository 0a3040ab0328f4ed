/** The words of `engine-sql.ts` that an asking needs too, as text. */
export interface EngineWords {
  /** Ends a SELECT that locks its rows. */
  readonly forUpdate: string;
  /** Comes between INSERT and the assignments for the row that has the same `column` already. */
  onDuplicate(column: string): string;
}

export const sqliteWords: EngineWords = {
  forUpdate: '',
  onDuplicate: (column) => `on conflict ("${column}") do update set`,
};

export const mysqlWords: EngineWords = {
  forUpdate: 'for update',
  onDuplicate: () => 'on duplicate key update',
};
