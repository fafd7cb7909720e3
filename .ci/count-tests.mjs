/** Says how a run of vitest went, from the report of its JSON reporter: `node count-tests.mjs FILE` → `N passed, N failed, N skipped`. */
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
/** A file that could not be loaded has no tests to fail. */
const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed')).length;
console.log(`${numPassedTests} passed, ${numFailedTests + broken} failed, ${numPendingTests + numTodoTests} skipped`);
