import { join } from 'node:path'
import { expect, expectTypeOf, it } from 'vitest'
import type { Configuration } from '../../../src/config/schema/configuration.js'
import { jsonSchema } from '../../../src/config/schema/json-schema.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import { configurationSource, type Schema } from './configuration-source.js'

const SOURCE = join(import.meta.dirname, '../../../src/config/schema/configuration.ts')

it('is what the schema says of files: "npm run docs:api" writes it anew', async () => {
  const written = configurationSource(jsonSchema() as Schema)
  await expect(written).toMatchFileSnapshot(SOURCE)
})

it('has a docstring for each key', () => {
  const lines = configurationSource(jsonSchema() as Schema).split('\n')
  const keys = lines.flatMap((line, at) =>
    /^ {2}readonly /.test(line) ? [{ line, before: lines[at - 1]! }] : [],
  )
  expect(keys.length).toBeGreaterThan(60)
  expect(keys.filter(({ before }) => !before.endsWith('*/')).map(({ line }) => line)).toEqual([])
})

it('takes whatever a file may hold', () => {
  expectTypeOf<ConfigModel>().toExtend<Configuration>()
})
