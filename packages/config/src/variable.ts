import type { z } from 'zod';

/** How a variable is told of in `.env.example` and in faults. */
export interface VariableNote {
  readonly description: string;
  readonly example: string;
  /** As written in the environment; undefined for a variable without one. */
  readonly defaultText?: string;
  readonly required: boolean;
}

type TextType = z.ZodType<unknown, string>;
interface Said {
  readonly description: string;
  readonly example: string;
}

export function required<T extends TextType>(type: T, said: Said) {
  return type.meta({ ...said, required: true });
}

/** Undefined when not set. */
export function optional<T extends TextType>(type: T, said: Said) {
  return type.optional().meta({ ...said, required: false });
}

/** The default is written as in the environment, so that it is checked and shown like a value of the merchant's. */
export function withDefault<T extends TextType>(
  type: T,
  defaultText: string,
  said: { description: string; example?: string },
) {
  return type
    .prefault(defaultText as z.input<T>)
    .meta({ description: said.description, example: said.example ?? defaultText, defaultText, required: false });
}

export function noteOf(type: z.ZodType): VariableNote {
  const note = type.meta() as Partial<VariableNote> | undefined;
  if (note?.description === undefined || note.example === undefined) throw new Error('A variable lacks its note.');
  return {
    description: note.description,
    example: note.example,
    defaultText: note.defaultText,
    required: note.required === true,
  };
}
