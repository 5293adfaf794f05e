mod gone;
