// Its own, so that the configuration of the repository around it does not apply.
export default {}
