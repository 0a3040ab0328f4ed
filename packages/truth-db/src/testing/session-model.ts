/**
 * The rules of session locks as plain assignments in memory: what the statements are compared with. The connections of
 * one gateway, no rows; written from the rules and not from the code.
 */

interface ModelLock {
  readonly device: string;
  readonly token: string;
  vector: string;
  expiresAt: number;
  isConfirmed: boolean;
  address: string | null;
  /** When it was told so. */
  addressAt: number;
}

/** What an operation answers, as far as model and database have to agree. */
export type ModelAnswer = string;

/** The session of one connection. */
export class SessionModel {
  held: ModelLock | undefined;
  readonly #ended = new Set<string>();
  readonly #others: () => readonly SessionModel[];

  /** @param others - the other connections of its gateway */
  constructor(others: () => readonly SessionModel[]) {
    this.#others = others;
  }

  /** @param newToken - the token that the database gave out, if this answer is one with a new session */
  acquire(
    request: { device: string; vector: string; at: number; expiresAt: number },
    newToken: string,
  ): ModelAnswer {
    const { device, vector, at, expiresAt } = request;
    const held = this.held;
    if (held !== undefined && held.expiresAt > at) {
      if (held.device !== device) return `busy until ${held.expiresAt} by ${held.device}`;
      if (held.isConfirmed && held.vector === vector)
        return `same-session ${held.token} until ${held.expiresAt}`;
      if (!held.isConfirmed) {
        held.vector = vector;
        held.expiresAt = expiresAt;
        return `same-session ${held.token} until ${expiresAt}`;
      }
    }
    const kind = held === undefined ? 'granted' : held.expiresAt <= at ? 'taken-over' : 'same-session';
    this.#end();
    this.held = {
      device,
      vector,
      token: newToken,
      expiresAt,
      isConfirmed: false,
      address: null,
      addressAt: 0,
    };
    return `${kind} ${newToken} until ${expiresAt}`;
  }

  confirm(
    token: string,
    { address, at, expiresAt }: { address: string | null; at: number; expiresAt: number },
  ): ModelAnswer {
    return this.#asHolder(token, (held) => {
      if (address !== null && address !== held.address) this.#move(held, address, at);
      if (!held.isConfirmed) held.addressAt = at;
      held.isConfirmed = true;
      held.expiresAt = Math.max(held.expiresAt, expiresAt);
      return `confirmed until ${held.expiresAt}`;
    });
  }

  extend(token: string, expiresAt: number): ModelAnswer {
    return this.#asHolder(token, (held) => {
      held.expiresAt = Math.max(held.expiresAt, expiresAt);
      return `extended until ${held.expiresAt}`;
    });
  }

  release(token: string): ModelAnswer {
    return this.#asHolder(token, () => {
      this.#end();
      return 'released';
    });
  }

  compensate(vector: string): ModelAnswer {
    if (this.held === undefined || this.held.isConfirmed || this.held.vector !== vector) return 'absent';
    this.#end();
    return 'released';
  }

  releaseByHand(): ModelAnswer {
    if (this.held === undefined) return 'absent';
    this.#end();
    return 'released';
  }

  /** @returns how many have ended */
  expire(at: number): number {
    if (this.held === undefined || this.held.expiresAt > at) return 0;
    this.#end();
    return 1;
  }

  #move(held: ModelLock, address: string, at: number): void {
    if (held.isConfirmed && held.address !== null && at < held.addressAt) return;
    const owner = this.#others().find((other) => other.held?.address === address);
    if (owner?.held !== undefined && owner.held.addressAt > at) return;
    if (owner !== undefined) owner.#end();
    held.address = address;
    held.addressAt = Math.max(held.addressAt, at);
  }

  #asHolder(token: string, act: (held: ModelLock) => ModelAnswer): ModelAnswer {
    if (this.held?.token === token) return act(this.held);
    if (this.#ended.has(token)) return 'ended';
    return this.held === undefined ? 'absent' : 'busy';
  }

  #end(): void {
    if (this.held !== undefined) this.#ended.add(this.held.token);
    this.held = undefined;
  }
}
