package plumb

const canSeeWriters = true
