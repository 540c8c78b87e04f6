import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'

/** Every screen of a dataset lives under /d/<datasetId>; the rail lists them in the order of the main job. */
const datasetScreens: RouteRecordRaw[] = [
  { path: '', redirect: (to) => ({ name: 'data', params: to.params }) },
  { path: 'data', name: 'data', component: () => import('./views/DataView.vue') },
  { path: 'label', name: 'label', component: () => import('./views/LabelView.vue') },
  { path: 'train', name: 'train', component: () => import('./views/TrainView.vue') },
  { path: 'runs', name: 'runs', component: () => import('./views/RunsView.vue') },
  { path: 'runs/:run', name: 'run', component: () => import('./views/RunView.vue') },
  { path: 'sweeps/:sweep', name: 'sweep', component: () => import('./views/SweepView.vue') },
  { path: 'compare', name: 'compare', component: () => import('./views/CompareView.vue') },
  { path: 'explain', name: 'explain', component: () => import('./views/ExplainView.vue') },
  { path: 'audit', name: 'audit', component: () => import('./views/AuditView.vue') },
  { path: 'try', name: 'try', component: () => import('./views/TryView.vue') },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./views/HomeView.vue') },
    { path: '/d/:dataset', component: () => import('./views/DatasetFrame.vue'), children: datasetScreens },
    { path: '/settings/:section?', name: 'settings', component: () => import('./views/SettingsView.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
