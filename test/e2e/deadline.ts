export * from '../../src/demo/deadline.js'
