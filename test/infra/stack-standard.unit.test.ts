import { standard } from '#test/infra/given.ts';
import { stackContract } from '#test/infra/stack.contract.ts';

stackContract('standard', standard);
