import { storeContract } from '../state/contract.js';
import { memoryStore } from '../../support/memory-store.js';

storeContract('the store that feed tests use', async () => {
  const store = memoryStore();
  return { store, reopen: async () => store, cleanup: async () => {} };
});
