/** Who mutates, and as whom. */
export interface Actor<Viewer> {
  /** Where principals are told apart: `panel`, `api`. At most 64 characters. */
  readonly profile: string;
  /** Unique in the profile; at most 128 characters. */
  readonly principal: string;
  /** As others read it in the log of changes; at most 128 characters. */
  readonly name: string;
  /** What decides which fields are shown. */
  readonly viewer: Viewer;
}
