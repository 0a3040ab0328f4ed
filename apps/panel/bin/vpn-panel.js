#!/usr/bin/env node
import { launch } from '@holdfast/host/launch';

await launch(import.meta.url);
