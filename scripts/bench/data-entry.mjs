export { createWorkbench } from '../../src-main/workbench'
export { forkHost } from '../../src-main/headless/fork-host'
