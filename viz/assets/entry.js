// The parts of ECharts that package viz draws with. build.sh bundles them.
import * as core from 'echarts/core';
import { BarChart, GraphChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

core.use([
  BarChart, GraphChart, LineChart, ScatterChart,
  GridComponent, LegendComponent, TitleComponent, TooltipComponent,
  LabelLayout, SVGRenderer,
]);

globalThis.echarts = core;
