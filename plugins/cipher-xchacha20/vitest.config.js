// Its own, so that the configuration of the repository around it does not apply; kit.test.js is for Node's test runner.
export default { test: { exclude: ['kit.test.js'] } }
