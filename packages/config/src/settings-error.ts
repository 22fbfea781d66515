export interface SettingsFault {
  readonly variable: string;
  /** What is wrong, as the end of a sentence. Never holds the value: it may be a secret. */
  readonly problem: string;
  readonly example: string;
}

/** All faults at once: nobody likes to mend one setting to be told of the next. Its text is meant to be printed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly SettingsFault[];

  constructor(faults: readonly SettingsFault[]) {
    const count = faults.length === 1 ? 'One setting is' : `${faults.length} settings are`;
    const lines = faults.map(
      ({ variable, problem, example }) => `  ${variable} ${problem}\n    e.g. ${variable}=${example}`,
    );
    super(`${count} missing or wrong:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}
