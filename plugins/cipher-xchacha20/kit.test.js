// @ts-check
import test from 'node:test'
import { aeadCases } from 'qanat/testing'
import { aead } from './index.js'
import { vectors } from './vectors.js'

for (const { name, run } of aeadCases({ aead, vectors })) test(name, run)
