#!/usr/bin/env node
import { bringBuild } from './setup/build.mjs'
import { Progress } from './setup/progress.mjs'
import { failSetUp } from './setup/steps.mjs'

/* npm run build: bundles the app, also where nothing has changed. */
await bringBuild(new Progress(process.stdout, 1), { force: true }).catch(failSetUp)
