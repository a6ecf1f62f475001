"""The pages without a browser, driven by Streamlit's AppTest."""
