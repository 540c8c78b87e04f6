import { trained } from './nets.mjs'
import { serveAttribution } from './pellucid-attribution.mjs'
import { serveGraph } from './pellucid-graph.mjs'
import { serveInference } from './pellucid-inference.mjs'
import { serveTraining } from './pellucid-training.mjs'

// pellucid.js WORKLOAD: one workload on Pellucid's engine, in a process of its own.
const [workload] = process.argv.slice(2)
if (trained[workload]) await serveTraining(workload)
else if (workload === 'gcn') await serveGraph()
else if (workload === 'ig') await serveAttribution()
else await serveInference(Number(workload.replace('infer', '')))
