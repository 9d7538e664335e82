export * from '../../src/demo/program.js'
