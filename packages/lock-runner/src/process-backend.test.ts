/** The process backend against the contract. */
import { describeLockBackend } from './lock-contract.ts';

describeLockBackend({ backend: 'process', randomRuns: 400 });
