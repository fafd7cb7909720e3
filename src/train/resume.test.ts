import { describe, expect, it } from 'vitest';
import { checkResumable, compareSettings, ruleFor, showChanges, versionWarnings, type ResumeRules } from './resume.ts';

const rules: ResumeRules = { steps: 'course', optimizer: 'course', 'optimizer.beta2': 'fixed', preview: 'free' };
const saved = { steps: 100, seed: 1, optimizer: { lr: 1e-3, beta2: 0.999 }, preview: { every: 10 }, model: { channels: [32, 64] } };

describe('settings on resume', () => {
  it('finds the rule of the longest prefix, and refuses what has none', () => {
    expect(ruleFor(rules, 'optimizer.lr')).toBe('course');
    expect(ruleFor(rules, 'optimizer.beta2')).toBe('fixed');
    expect(ruleFor(rules, 'optimizers')).toBe('fixed');
    expect(ruleFor(rules, 'model.channels')).toBe('fixed');
  });

  it('sees no change in equal settings, whatever their order', () => {
    expect(compareSettings(saved, { model: { channels: [32, 64] }, preview: { every: 10 }, seed: 1, optimizer: { beta2: 0.999, lr: 1e-3 }, steps: 100 }, rules)).toEqual([]);
  });

  it('lets settings change that may, and says what that means', () => {
    const changes = compareSettings(saved, { ...saved, steps: 200, preview: { every: 5, columns: 4 }, optimizer: { lr: 5e-4, beta2: 0.999 } }, rules);
    checkResumable(changes, rules);
    expect(showChanges(changes)).toBe(
      'change the course of the run from here on:\n  optimizer.lr: 0.001 → 0.0005\n  steps: 100 → 200\n'
      + 'do not affect the trained numbers:\n  preview.columns: absent → 4\n  preview.every: 10 → 5',
    );
  });

  it('refuses the others with the difference and what may change', () => {
    const changes = compareSettings(saved, { ...saved, seed: 2, model: { channels: [32, 128] }, steps: 50 }, rules);
    expect(() => checkResumable(changes, rules)).toThrow(
      'resume: the configuration is not the one of the checkpoint; settings that\ncannot change on resume (start a new run, or fine-tune from the weights):\n'
      + '  model.channels: [32,64] → [32,128]\n  seed: 1 → 2\nchange the course of the run from here on:\n  steps: 100 → 50\nMay change: steps, optimizer, preview',
    );
  });

  it('warns of other versions', () => {
    expect(versionWarnings({ node: '20', threads: '2' }, { node: '20', threads: '4', cpu: 'X' })).toEqual([
      'threads was 2 and is now 4: the run continues, but not bit for bit as before',
      'cpu was not recorded and is now X: the run continues, but not bit for bit as before',
    ]);
  });
});
