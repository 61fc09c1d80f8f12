from config.settings import CONFIGS, BaseConfig

__all__ = ["CONFIGS", "BaseConfig"]
