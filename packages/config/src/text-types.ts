import { comparable } from '@relay/core';
import { z } from 'zod';

/**
 * The kinds of text that a setting can be. A message never repeats the text, which may be a secret put in the wrong
 * place, and reads on after the variable's name.
 */

export const text = () => z.string();

export function secret({ leastLength = 1 }: { leastLength?: number } = {}) {
  return z
    .string()
    .refine((value) => !/^(c[ks]_)?<.*>$/.test(value), {
      message: 'still holds the placeholder of .env.example',
      abort: true,
    })
    .refine((value) => value.length >= leastLength, { message: `is too short: at least ${leastLength} characters` });
}

export function oneOf<const T extends string>(choices: readonly T[]) {
  return z.string().transform((value, context): T => {
    const choice = choices.find((candidate) => candidate === value.trim());
    return choice ?? refuse(context, `must be one of ${choices.join(', ')}`);
  });
}

export const onOff = () => oneOf(['on', 'off']).transform((value) => value === 'on');

export function integer({ least, most }: { least: number; most: number }) {
  return z.string().transform((value, context) => {
    const number = /^-?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    return refuse(context, `must be a whole number from ${least} to ${most}`);
  });
}

/** `20%`. @returns a part, 0 … 1. */
export function percentage() {
  return z.string().transform((value, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim());
    const part = match === null ? Number.NaN : Number(match[1]) / 100;
    if (part >= 0 && part <= 1) return part;
    return refuse(context, 'must be from 0% to 100%, as in 20%');
  });
}

/** Parts between commas, without blanks and repetitions. */
export function commaList(isPart: (part: string) => boolean, whatPartsAre: string) {
  return z.string().transform((value, context): readonly string[] => {
    const parts = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    if (!parts.every(isPart)) return refuse(context, `must be a list of ${whatPartsAre}, separated by commas`);
    return [...new Set(parts)];
  });
}

export function regularExpression(flags = '') {
  return z.string().transform((value, context) => {
    return compiled(value, flags) ?? refuse(context, 'is not a regular expression');
  });
}

/** One of these words, or a regular expression, left as text. */
export function wordOrPattern(words: readonly string[]) {
  return z.string().transform((value, context) => {
    const known = words.includes(value.trim()) || compiled(value) !== null;
    return known ? value.trim() : refuse(context, `must be ${words.join(', ')} or a regular expression`);
  });
}

function compiled(value: string, flags = ''): RegExp | null {
  try {
    return new RegExp(value, flags);
  } catch {
    return null;
  }
}

export function jsonObject() {
  return z.string().transform((value, context): Readonly<Record<string, unknown>> => {
    const parsed = parseJson(value);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
    return refuse(context, 'must be a JSON object on one line');
  });
}

/** A JSON object whose values are texts too. */
export function jsonMapping() {
  return jsonObject().transform((object, context): Readonly<Record<string, string>> => {
    if (Object.values(object).every((inner) => typeof inner === 'string')) return object as Record<string, string>;
    return refuse(context, 'must be a JSON object of texts to texts, on one line');
  });
}

/** Statuses to statuses: each once, whatever its case and blanks, since that is how they are compared. */
export function statusMapping() {
  return jsonMapping().transform((mapping, context): Readonly<Record<string, string>> => {
    const seen = new Set<string>();
    for (const [from, to] of Object.entries(mapping)) {
      const same = comparable(from);
      if (same === '' || to.trim() === '') return refuse(context, 'must name a status on both sides of each row');
      if (seen.has(same)) return refuse(context, `names the status ${from} twice: case and blanks do not count`);
      seen.add(same);
    }
    return mapping;
  });
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Says what is wrong with a text; the variable's name goes before it. */
export function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
