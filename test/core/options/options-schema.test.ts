import { expect, it } from 'vitest'
import { optionsSchema } from '../../../src/core/options/options-schema.js'

const help = 'For a test'

it('a table of options is described for editors, by the keys that files have', () => {
  const number = (allowed: string, minimum: number, maximum?: number) => ({
    anyOf: [
      { type: 'integer', minimum, ...(maximum !== undefined && { maximum }) },
      { type: 'string', pattern: '^-?[0-9]{1,16} ?[a-zA-Z]*$' },
    ],
    description: `For a test. Allowed: ${allowed}`,
  })
  const text = { type: 'string', minLength: 1 }
  expect(
    optionsSchema({
      pingEvery: { type: 'duration', min: 100, default: 1_000, help },
      retries: { type: 'whole', max: 9, help },
      mode: { type: 'one of', of: ['a', 'b'], help },
      loud: { type: 'toggle', help },
      servers: { type: 'list', help },
      folder: { type: 'path', help },
      token: { type: 'secret', help },
      subject: { type: 'string', in: ['endpoint'], help },
    }),
  ).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {
      'ping-every': {
        ...number('milliseconds of at least 100, as a whole number or such as "10 s"', 100),
        default: 1_000,
      },
      retries: number('a whole number within 0 to 9', 0, 9),
      mode: { enum: ['a', 'b'], description: 'For a test. Allowed: "a", "b"' },
      loud: { type: 'boolean', description: 'For a test. Allowed: true or false' },
      servers: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'For a test. Allowed: a list of texts',
      },
      folder: { ...text, description: 'For a test. Allowed: the path of a file' },
      'token-file': { ...text, description: 'For a test. Allowed: the path of the file that holds it' },
      'token-env': { ...text, description: 'For a test. Allowed: the variable that holds it' },
    },
  })
})
